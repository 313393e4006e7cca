// Judges a provider's 2xx answer as it comes and passes it on to the client, in the form the client asked for.
//
// Until an answer has shown content the client gets nothing of it: an error inside a 200, or an answer without
// content, is a failure like any other, and another provider can still answer. From the commit on, bytes go out as
// they come.
//
// Belongs to one attempt and its thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/client_stream.h"
#include "http/message.h"
#include "protocol/endpoint.h"
#include "protocol/facts.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/provider_error.h"

namespace aigw::gateway {

// Why an attempt failed.
struct Failure {
  int status = 0;                      // what the provider said, as a status; 0: it did not get to say anything
  ErrorKind kind = ErrorKind::Broken;  // for status 0
  std::string reason;                  // `503 overloaded`: safe to show to clients
  std::string detail;                  // for the log, "" if the reason says it all
  // What the provider said, for a client that is told of it; not for the log: it may repeat the prompt or a key.
  std::optional<protocol::ProviderError> error = {};
};

// An answer that is over one of the gateway's bounds; `what` says which, for the log.
Failure too_large(const char* what);

// What is known of an answer so far.
struct Progress {
  bool committed = false;  // the client has got content of this answer, or gets it now
  bool complete = false;   // the answer came to its end, and the client has it
  std::optional<Failure> failure;
  std::optional<protocol::TokenCount> usage;
  std::size_t text_bytes = 0;                  // of generated text
  std::optional<SteadyTime> first_content_at;  // when the first content came, whoever has it
  std::optional<SteadyTime> last_event_at;     // of a stream; comments are no events
  std::optional<SteadyTime> finished_at;       // when an answer that is held back till its end said why it ends
};

struct RelayOptions {
  Dialect dialect = Dialect::Plain;           // the client's
  Dialect provider_dialect = Dialect::Plain;  // in which the provider answers
  protocol::canonical::ReplyRules rules;      // of the request's conversion, where the two differ
  bool client_streams = false;      // the client asked for server-sent events
  bool client_wants_usage = false;  // it asked for the usage chunk
  bool allow_empty = false;
  // Makes the client's answer of one that is no text (vectors, counts), where there is a difference.
  std::function<Result<std::string>(std::string answer)> convert;
  std::string model;                // that the answer names; empty: as the provider names it
  bool expose_limits = false;       // the provider's rate-limit headers reach the client
  http::Headers headers;            // of the client's answer; make_relay adds what it takes over from the provider's
  std::function<void(const Progress&)> settle;  // counts the answer; called once, before its last byte goes out
};

class Relay {
 public:
  Relay(http::ClientStream& client, RelayOptions options) : client_(client), options_(std::move(options)) {}
  virtual ~Relay() = default;
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Takes the next bytes. False: nothing more is wanted, because the answer failed or the client is gone.
  virtual bool on_data(std::string_view bytes) = 0;
  // The provider's answer has ended as HTTP. Afterwards it is complete or has failed.
  virtual void on_end() = 0;
  // Ends a committed answer that broke: the client must see that it is not whole.
  virtual void break_off(const protocol::ProviderError& error);
  // Whether something else (a comment) may be written to the client now.
  virtual bool at_event_border() const { return true; }

  const Progress& progress() const { return progress_; }

 protected:
  bool fail(Failure failure);  // false, for `return fail(...)`
  bool fail(const protocol::ProviderError& error);
  void note_content();                           // content has come: the wait for the first token is over
  void commit() { progress_.committed = true; }  // the client is about to get what this provider says
  void complete_and_settle();                    // the answer is whole: counts it, before its last bytes go out

  http::ClientStream& client_;
  const RelayOptions options_;
  Progress progress_;
};

// The relay for an answer with this head. `headers` are the provider's.
std::unique_ptr<Relay> make_relay(http::ClientStream& client, RelayOptions options, int status,
                                  const http::Headers& headers);

// Header fields of the provider's answer that the client gets as well, in the client's words.
http::Headers forwarded_headers(Dialect client, const http::Headers& headers, bool expose_limits);
// The same for an answer that goes out as server-sent events, or as JSON, whatever it came as.
http::Headers event_stream_headers(http::Headers headers = {});
http::Headers json_headers(http::Headers headers);

// `503 overloaded`: status and the provider's own code or type where that is a plain word.
std::string reason_of(int status, const protocol::ProviderError& error);

}  // namespace aigw::gateway
