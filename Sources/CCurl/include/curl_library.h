#ifndef TUNE_CURL_LIBRARY_H
#define TUNE_CURL_LIBRARY_H

#include <curl/curl.h>

// libcurl, loaded when it is first needed: linked in, it and the libraries behind it would make every start of the
// program longer by a third. Each function is libcurl's of the same name; those with a fixed type stand for the variadic
// ones, which Swift cannot call.

// Loads libcurl; to be called before any other function here. Returns 0 when there is none that can be loaded.
int tune_curl_load(void);

CURL *tune_curl_easy_init(void);
void tune_curl_easy_cleanup(CURL *handle);
void tune_curl_easy_reset(CURL *handle);
CURLcode tune_curl_easy_perform(CURL *handle);
const char *tune_curl_easy_strerror(CURLcode code);

CURLcode tune_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode tune_curl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode tune_curl_set_headers(CURL *handle, struct curl_slist *headers);

// HTTP and HTTPS alone: an address from a server must not read files or speak other protocols.
CURLcode tune_curl_allow_http_only(CURL *handle);

typedef size_t (*tune_curl_receiver)(char *bytes, size_t size, size_t count, void *context);
typedef int (*tune_curl_watcher)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

// The functions that get each line of the headers, each piece of the body, and a call about once a second.
void tune_curl_set_receivers(
    CURL *handle, tune_curl_receiver header, tune_curl_receiver body, tune_curl_watcher watcher, void *context);

struct curl_slist *tune_curl_slist_append(struct curl_slist *list, const char *text);
void tune_curl_slist_free_all(struct curl_slist *list);

CURLU *tune_curl_url(void);
void tune_curl_url_cleanup(CURLU *url);
CURLUcode tune_curl_url_set(CURLU *url, CURLUPart part, const char *value, unsigned int flags);
CURLUcode tune_curl_url_get(CURLU *url, CURLUPart part, char **value, unsigned int flags);
void tune_curl_free(void *pointer);

#endif
