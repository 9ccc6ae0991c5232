#include "curl_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

// The checking macros of curl.h hide these names.
#undef curl_easy_setopt

#define FUNCTIONS(each) \
  each(curl_global_init) each(curl_easy_init) each(curl_easy_cleanup) each(curl_easy_reset) each(curl_easy_perform) \
  each(curl_easy_strerror) each(curl_easy_setopt) each(curl_slist_append) each(curl_slist_free_all) each(curl_url) \
  each(curl_url_cleanup) each(curl_url_set) each(curl_url_get) each(curl_free)

#define MEMBER(name) __typeof__(&name) name;
static struct {
  FUNCTIONS(MEMBER)
} library;

static pthread_once_t loading = PTHREAD_ONCE_INIT;
static int is_loaded = 0;

static void load(void) {
#ifdef __APPLE__
  const char *names[] = {"libcurl.4.dylib"};
#else
  // The second is the one that Debian's git brings.
  const char *names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
#endif
  void *handle = NULL;
  for (size_t index = 0; handle == NULL && index < sizeof names / sizeof *names; index++) {
    handle = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
  }
  if (handle == NULL) return;
#define FIND(name) \
  library.name = (__typeof__(&name))dlsym(handle, #name); \
  if (library.name == NULL) return;
  FUNCTIONS(FIND)
  // libcurl's own set-up must not run on two threads at once.
  is_loaded = library.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

int tune_curl_load(void) {
  pthread_once(&loading, load);
  return is_loaded;
}

CURL *tune_curl_easy_init(void) { return library.curl_easy_init(); }
void tune_curl_easy_cleanup(CURL *handle) { library.curl_easy_cleanup(handle); }
void tune_curl_easy_reset(CURL *handle) { library.curl_easy_reset(handle); }
CURLcode tune_curl_easy_perform(CURL *handle) { return library.curl_easy_perform(handle); }
const char *tune_curl_easy_strerror(CURLcode code) { return library.curl_easy_strerror(code); }

CURLcode tune_curl_set_long(CURL *handle, CURLoption option, long value) {
  return library.curl_easy_setopt(handle, option, value);
}

CURLcode tune_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return library.curl_easy_setopt(handle, option, value);
}

CURLcode tune_curl_set_headers(CURL *handle, struct curl_slist *headers) {
  return library.curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}

CURLcode tune_curl_allow_http_only(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
  // A library older than these headers does not know the newer option.
  if (library.curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK) return CURLE_OK;
#endif
  return library.curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
}

void tune_curl_set_receivers(
    CURL *handle, tune_curl_receiver header, tune_curl_receiver body, tune_curl_watcher watcher, void *context) {
  library.curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
  library.curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
  library.curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
  library.curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
  library.curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
  library.curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, watcher);
  library.curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

struct curl_slist *tune_curl_slist_append(struct curl_slist *list, const char *text) {
  return library.curl_slist_append(list, text);
}

void tune_curl_slist_free_all(struct curl_slist *list) { library.curl_slist_free_all(list); }

CURLU *tune_curl_url(void) { return library.curl_url(); }
void tune_curl_url_cleanup(CURLU *url) { library.curl_url_cleanup(url); }

CURLUcode tune_curl_url_set(CURLU *url, CURLUPart part, const char *value, unsigned int flags) {
  return library.curl_url_set(url, part, value, flags);
}

CURLUcode tune_curl_url_get(CURLU *url, CURLUPart part, char **value, unsigned int flags) {
  return library.curl_url_get(url, part, value, flags);
}

void tune_curl_free(void *pointer) { library.curl_free(pointer); }
