#include "protocol/gemini/citations.h"

#include <cstdint>
#include <nlohmann/json.hpp>

#include "protocol/gemini/field.h"

namespace aigw::protocol::gemini {
namespace {

constexpr Field kChunks{"groundingChunks", "grounding_chunks"};
constexpr Field kSupports{"groundingSupports", "grounding_supports"};
constexpr Field kChunkIndices{"groundingChunkIndices", "grounding_chunk_indices"};
constexpr Field kStartIndex{"startIndex", "start_index"};
constexpr Field kEndIndex{"endIndex", "end_index"};
constexpr Field kSegment{"segment", "segment"};
constexpr Field kWeb{"web", "web"};
constexpr Field kRetrieved{"retrievedContext", "retrieved_context"};
constexpr Field kUri{"uri", "uri"};
constexpr Field kTitle{"title", "title"};

// A page of the web, or of the operator's own store.
const Json& source_of(const Json& chunk) {
  const Json& web = members_field(chunk, kWeb);
  return web.empty() ? members_field(chunk, kRetrieved) : web;
}

void add_citation(const Json& source, std::int64_t start, std::int64_t end, Json& list) {
  if (text_field(source, kUri).empty()) return;
  list.push_back({{"type", "url_citation"},
                  {"url_citation",
                   {{"url", text_field(source, kUri)},
                    {"title", text_field(source, kTitle)},
                    {"start_index", start},
                    {"end_index", end}}}});
}

void add_support(const Json& support, const Json& chunks, const CharacterIndex& characters, Json& list) {
  const Json& segment = members_field(support, kSegment);
  const std::int64_t start_byte = integer_field(segment, kStartIndex).value_or(0);
  const std::int64_t end_byte = integer_field(segment, kEndIndex).value_or(start_byte);
  const std::int64_t start = characters.characters_before(start_byte);
  const std::int64_t end = characters.characters_before(end_byte);
  for (const Json& index : items_field(support, kChunkIndices)) {
    if (!index.is_number_unsigned() || index.get<std::uint64_t>() >= chunks.size()) continue;
    add_citation(source_of(chunks[index.get<std::size_t>()]), start, end, list);
  }
}

}  // namespace

Json citations(const Json& grounding_metadata, const CharacterIndex& characters) {
  Json list = Json::array();
  const Json& chunks = items_field(grounding_metadata, kChunks);
  for (const Json& support : items_field(grounding_metadata, kSupports)) add_support(support, chunks, characters, list);
  if (!list.empty()) return list;
  for (const Json& chunk : chunks) add_citation(source_of(chunk), 0, 0, list);
  return list;
}

}  // namespace aigw::protocol::gemini
