#include <nlohmann/json.hpp>

#include "protocol/json_read.h"
#include "protocol/messages/answer_reader.h"
#include "protocol/messages/events.h"
#include "protocol/messages/messages.h"

namespace aigw::protocol::messages {

void decode_answer(const Json& body, canonical::EventSink& sink) {
  if (is_error(text_of(body, "type"), body)) {
    const ProviderError error = read_error(0, dump(body));
    return sink.take({canonical::Failed{&error}});
  }
  const Json* const content = find_member(body, "content");
  if (content == nullptr || !content->is_array()) {
    const ProviderError error{502, "The provider's answer has no content.", "server_error", ""};
    return sink.take({canonical::Failed{&error}});
  }
  AnswerReader reader;
  reader.write_to(sink);
  reader.begin(body);
  for (const Json& block : *content) {
    reader.open(0, block);
    reader.close(0);
  }
  reader.note_ending(body);
  reader.end();
}

}  // namespace aigw::protocol::messages
