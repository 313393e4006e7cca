// What a provider says went wrong, in any of the shapes of protocols.md §14.2 "Reading an upstream error".
#pragma once

#include <string>
#include <string_view>

namespace aigw::protocol {

struct ProviderError {
  int status = 0;       // its meaning as a status by the table of §14.2 (429 for a rate limit or quota, 503
                        // overloaded, …); 502 if unknown
  std::string message;  // as the provider wrote it, at most 300 bytes; tags removed from plain text and HTML
  std::string type;
  std::string code;  // a number as its digits
};

// Reads an error of any shape, also plain text and HTML, from an answer with any status or from an event's data.
// `http_status` is what the status line said (0: none); a known `code` or `type` in the body refines it only
// where the status is 2xx or 0.
ProviderError read_error(int http_status, std::string_view body);

// The status that a word means which a provider gives as `code` or `type`, in any dialect and spelling
// (`rate_limit_exceeded`, `RateLimitError`, `RESOURCE_EXHAUSTED`, `429`); 0 for a word that says nothing.
int status_of_word(std::string_view word);

}  // namespace aigw::protocol
