// The story of an exchange: what happened, when, and why. The exchange writes it as it goes and hands it over once, at
// its end: the log line, the metrics, the spans, /admin/requests and the dashboard are all made of it.
//
// A plain value of one exchange and its thread; immutable once it is told (`shared_ptr<const Story>`). Names and texts
// in it hold no credential, and no text of a prompt or an answer but in `capture`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/dialect.h"
#include "base/money.h"
#include "observe/trace_context.h"

namespace aigw::observe {

// Time since the exchange began.
using Offset = std::chrono::microseconds;

struct Story {
  // A provider that could not be asked at that moment.
  struct Skip {
    std::string provider;
    std::string reason;            // `cooling down for 12 s after 429`, `5 of 5 requests (period 0 0 * * *)`
  };

  // Who was asked next, and why.
  struct Choice {
    Offset at{0};
    std::string provider;          // empty: nobody was left
    int priority = 0;              // its tier
    std::string why;               // `the only one available of priority 1`, …
    std::vector<Skip> skipped;     // at most kSkipsMax
    std::size_t skipped_more = 0;  // beyond those
  };

  // One try at one provider.
  struct Attempt {
    enum class Outcome {
      Answered,
      Failed,      // the client saw nothing of it
      Cut,         // it broke after the client had its first byte
      ClientGone,
      Rejected,    // the request can't be said in the provider's dialect: it was not asked
    };
    std::string provider;
    std::string model;                // as the provider was sent it
    std::string server;               // host and port; empty for a mock
    Dialect dialect = Dialect::Plain; // in which it was spoken to
    bool converted = false;           // that is not the client's
    bool retry = false;               // the same provider as before
    Offset began{0};
    Offset ended{0};
    std::optional<Offset> head_at;    // the status line of its answer
    std::optional<Offset> token_at;   // its first content
    int status = 0;                   // 0: no answer
    Outcome outcome = Outcome::Failed;
    std::string reason;               // of a failure: `503 overloaded`, `timed out after 60 s`
    std::string said;                 // the provider's own words for it, where the route captures: may repeat the prompt
    std::string dropped;              // fields of the request that it was not told, `a,b`
    SpanId span{};                    // under which the provider was called
  };

  // Time in which the exchange had nothing to do.
  struct Pause {
    // The client sends its request; a caller's limit has room; a provider's has; a cooldown ends; before a retry.
    enum class For { Body, Allowance, Room, Cooldown, Retry };
    For reason = For::Retry;
    Offset began{0};
    Offset ended{0};
  };

  // What was said, where the route says `"capture": true`. Credentials are masked.
  struct Capture {
    std::string request;
    std::string answer;
    std::size_t request_bytes = 0;    // of the whole, of which a part may be kept
    std::size_t answer_bytes = 0;
  };

  static constexpr std::size_t kSkipsMax = 32;     // of one choice
  static constexpr std::size_t kChoicesMax = 32;
  static constexpr std::size_t kAttemptsMax = 64;
  static constexpr std::size_t kPausesMax = 128;
  static constexpr std::size_t kTextBytesMax = 300;  // of a reason, a name, a path

  // ---- who asked for what ----
  std::string id;                     // X-Request-Id
  WallTime began;
  TraceContext trace;
  std::string client;                 // address
  std::string key = "-";              // name
  std::string owner;                  // "" if nobody's
  std::string path;                   // of the request
  Dialect dialect = Dialect::Plain;   // the client's
  std::string model;                  // that was asked for
  std::string route;                  // its name in the config; empty: none was found
  std::string strategy;               // by which providers were chosen
  bool stream = false;
  std::size_t bytes_in = 0;
  std::int64_t prompt_tokens_expected = 0;  // estimated before anybody was asked

  // ---- when it had passed each step; nothing if it did not get there ----
  std::optional<Offset> authenticated_at;
  std::optional<Offset> understood_at;  // its body was read
  std::optional<Offset> routed_at;
  std::optional<Offset> allowed_at;     // limits, budget and balance had room
  std::optional<Offset> first_token_at; // of the answer that the client got
  Offset ended{0};

  // ---- what was tried ----
  std::vector<Choice> choices;
  std::vector<Attempt> attempts;
  std::vector<Pause> pauses;
  int attempt_count = 0;              // of requests to providers, also those beyond kAttemptsMax
  Offset waited_beyond{0};            // in attempts and pauses that are not listed

  // ---- how it ended ----
  std::string provider;               // who answered or was asked last; empty: nobody
  int status = 0;                     // what the client got; 499: it left, 502: the answer broke off
  std::string error;                  // empty: none
  std::size_t bytes_out = 0;
  bool answered = false;              // what follows is known
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t cached_tokens = 0;
  bool estimated = false;             // the provider did not say how many
  bool priced = true;                 // false: the cost is not known
  NanoDollars cost = 0;
  std::string dropped;                // of the last attempt

  std::optional<Capture> capture;

  // An answer that the client got whole. What is refused (4xx) is no failure of the gateway's or a provider's.
  bool failed() const { return status >= 500 || (!error.empty() && status < 400); }
  // The time that the gateway itself took: without attempts and pauses.
  Offset overhead() const;
  // How often another provider was asked than before.
  int switches() const;
  // In memory, about.
  std::size_t bytes() const;
};

const char* to_string(Story::Attempt::Outcome outcome);  // `answered`, `failed`, …
const char* to_string(Story::Pause::For reason);         // `body`, `allowance`, …

}  // namespace aigw::observe
