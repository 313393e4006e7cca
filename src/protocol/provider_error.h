// What a provider says went wrong, in any of the shapes of protocols.md §14.2 "Reading an upstream error".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace aigw::protocol {

struct ProviderError {
  int status = 0;       // its meaning as a status by the table of §14.2 (429 for a rate limit or quota, 503
                        // overloaded, …); 502 if unknown
  std::string message;  // as the provider wrote it, at most 4 KiB; of plain text and HTML the first 300 characters
                        // without tags
  std::string type;
  std::string code;        // a number as its digits
  std::string param = {};  // the field of the request that it is about
  std::optional<Millis> retry_after = {};  // how long to wait, where the body says it (Google's `retryDelay`)
};

// Reads an error of any shape, also plain text and HTML, from an answer with any status or from an event's data.
// `http_status` is what the status line said (0: none); a known `code` or `type` in the body refines it only
// where the status is 2xx or 0.
ProviderError read_error(int http_status, std::string_view body);

// The status that a word means which a provider gives as `code` or `type`, in any dialect and spelling
// (`rate_limit_exceeded`, `RateLimitError`, `RESOURCE_EXHAUSTED`, `429`); 0 for a word that says nothing.
int status_of_word(std::string_view word);

// `word` in lower case without everything else: `RateLimitError` and `rate_limit.error` become the same.
std::string letters_and_digits(std::string_view word);

}  // namespace aigw::protocol
