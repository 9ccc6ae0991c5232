import Basics

/// What a user reads when the hub does not give a model.
struct HubErrors {
  let settings: HubSettings
  let reference: HubReference

  /// The error of an answer other than 200. The hub's `X-Error-Code` says more than the status.
  func refusal(_ response: HTTPResponse) -> TuneError {
    let code = response.headers["x-error-code"] ?? ""
    let message = response.headers["x-error-message"].map { printable($0) } ?? ""
    switch (response.status, code) {
    case (_, "GatedRepo"): return gated
    case (_, "RevisionNotFound"): return unknownRevision
    case (_, "EntryNotFound"):
      return .data("\(reference): \(settings.endpoint) lists a file that it does not have; try again later")
    case (401, _) where message.contains("Invalid credentials"):
      return .usage(
        "\(settings.tokenSource): \(settings.endpoint) does not accept this token; make a new one at "
          + "\(settings.endpoint)/settings/tokens, or unset it for public models")
    case (401, _), (404, _), (_, "RepoNotFound"): return unknownRepository
    case (403, _):
      let detail = message.isEmpty ? "" : " (\(message))"
      return .data(
        "\(reference): \(settings.endpoint) refuses access\(detail); use a token that may read this repository "
          + "in HF_TOKEN")
    default:
      let detail = message.isEmpty ? "" : ": \(message)"
      return .runtime(
        "\(reference): \(settings.endpoint) answered \(response.status)\(detail); check HF_ENDPOINT or try again later")
    }
  }

  private var gated: TuneError {
    let page = "\(settings.endpoint)/\(reference.repository)"
    return settings.token == nil
      ? .data(
        "\(reference): is gated; accept its terms at \(page), then put a token of that account in HF_TOKEN "
          + "(made at \(settings.endpoint)/settings/tokens)")
      : .data(
        "\(reference): is gated, and the account of \(settings.tokenSource) is not admitted; accept its terms at \(page), "
          + "and let the token read gated repositories")
  }

  private var unknownRepository: TuneError {
    let known = HubCache(folder: settings.cache).repositories()
    let hint =
      nearest(reference.repository, among: known).map { " (did you mean '\($0)', which is in the cache?)" } ?? ""
    let access =
      settings.token == nil
      ? "if it is private, put a token that may read it in HF_TOKEN"
      : "if it is private, the token of \(settings.tokenSource) may not read it"
    return .data(
      "\(reference.repository): \(settings.endpoint) has no such model\(hint); check the name; \(access)")
  }

  private var unknownRevision: TuneError {
    let known = HubCache(folder: settings.cache).revisions(reference.repository).map { $0.name }
    let local = known.isEmpty ? "" : "; in the cache are \(listed(known))"
    let hint = nearest(reference.revision, among: known).map { "; did you mean '\($0)'?" } ?? ""
    return .data(
      "\(reference.repository): has no revision '\(reference.revision)'\(local)\(hint); name a branch, a tag or a commit "
        + "of \(settings.endpoint)/\(reference.repository)")
  }

  /// The error of a request that brought no answer, however often it was tried.
  func failure(_ failure: TransferFailure) -> TuneError {
    if let seconds = failure.retryAfter {
      let token = settings.token == nil ? "; a token in HF_TOKEN has a higher limit" : ""
      return .runtime("\(reference): \(failure.reason); wait \(Int(seconds)) s and try again\(token)")
    }
    return .runtime(
      "\(reference): cannot be fetched: \(failure.reason); check the network (HF_ENDPOINT names a mirror) and try "
        + "again: what was fetched is kept")
  }

  /// - Parameter missing: files that are known to be missing; empty when nothing is known of the repository.
  func offline(missing: [String]) -> TuneError {
    let known = HubCache(folder: settings.cache).repositories()
    let hint =
      nearest(reference.repository, among: known.filter { !$0.isSame(as: reference.repository) })
      .map { "; did you mean '\($0)'?" } ?? ""
    let found =
      missing.isEmpty
      ? "is not in \(settings.cache)\(hint)" : "is not complete in the cache, \(listed(missing)) missing"
    return .data(
      "\(reference): \(found), and HF_HUB_OFFLINE forbids requests; unset it and run tune pull \(reference)")
  }

  func wrongDigest(_ file: HubFile, found: String) -> TuneError {
    let kind = file.sha256 == nil ? "git SHA-1" : "SHA-256"
    return .data(
      "\(reference): \(file.path) came with the \(kind) \(found) instead of \(file.etag) and was thrown away; try again, "
        + "and without a proxy or mirror if it happens again")
  }
}
