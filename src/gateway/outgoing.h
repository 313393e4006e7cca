// A client's request as one provider gets it: passed through with a few bytes replaced where the provider speaks the
// client's dialect, converted where it does not.
//
// Belongs to one attempt and its thread; what it borrows outlives it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/dialect.h"
#include "gateway/asked.h"
#include "gateway/live_routes.h"
#include "http/upstream.h"
#include "protocol/canonical/notes.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/envelope.h"
#include "protocol/request_conversion.h"

namespace aigw::gateway {

class Outgoing {
 public:
  Outgoing(const Asked& asked, const Backend& backend);
  Outgoing(const Outgoing&) = delete;  // the request has views into this object
  Outgoing& operator=(const Outgoing&) = delete;

  // Writes the request. Once. A rejection: this provider can't be asked for it. `trace`: fields that tell of the trace.
  std::optional<protocol::Rejection> prepare(http::Headers trace = {});

  const http::UpstreamRequest& request() const { return request_; }
  const std::string& model() const;                        // as the provider is told it
  Dialect dialect() const { return dialect_; }             // in which the provider is spoken to
  bool streams() const { return streams_; }  // the provider is asked for a stream, whatever the client wants
  bool asked_for_usage() const { return asked_for_usage_; }  // `stream_options` was added by us
  bool converted() const;  // the provider gets another dialect than the client's
  const protocol::canonical::ReplyRules& rules() const { return rules_; }  // of a converted request
  const std::vector<std::string>& dropped() const { return dropped_; }     // its fields that could not be expressed
  // Of a request that is passed through: the edits of the client's body, sorted.
  const std::vector<protocol::Edit>& edits() const { return edits_; }

 private:
  std::optional<protocol::Rejection> convert();
  std::variant<protocol::EncodedRequest, protocol::Rejection> encode(const protocol::Target& target) const;
  void pass();
  void pass_form();
  void add_headers(http::Headers& headers) const;
  bool lacks_usage_option() const;

  const Asked& asked_;
  const Backend& backend_;
  Dialect dialect_ = Dialect::Plain;
  bool streams_ = false;
  bool asked_for_usage_ = false;
  std::string body_;  // of a converted request
  std::vector<protocol::Edit> edits_;
  protocol::canonical::ReplyRules rules_;
  std::vector<std::string> dropped_;
  http::UpstreamRequest request_;
};

}  // namespace aigw::gateway
