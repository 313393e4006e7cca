// What the gateway must remember of a stream that it passes on within a dialect, to end it rightly where it fails
// (protocols.md §14.4, §10.5).
//
// Not thread-safe; one object per stream. Holds nothing but for Responses: there the number of the last event, and the
// response that the first events tell, of at most 256 KiB.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/dialect.h"
#include "protocol/error_conversion.h"
#include "protocol/facts.h"

namespace aigw::protocol {

class PassedStream {
 public:
  // `model`: that the client is told in place of the provider's; "": the provider's own.
  PassedStream(Dialect dialect, std::string model);

  // An event that goes to the client; `data` as the provider sent it.
  void note(const EventFacts& facts, std::string_view data);
  // The event that tells the provider's failure and does not go to the client.
  void note_failure(std::string_view data);

  // The last frame: of Responses the provider's own `response.failed` with the form's message in place of its own,
  // which may tell of the gateway's side; else the response so far as a failed one, with the next number. Of other
  // dialects error_frame().
  std::string failure(const ErrorForm& form) const;

 private:
  const Dialect dialect_;
  const std::string model_;
  std::int64_t next_number_ = 0;
  std::string response_;  // as JSON; "": none was told
  std::string failed_;    // the data of the provider's own failure, ""
};

}  // namespace aigw::protocol
