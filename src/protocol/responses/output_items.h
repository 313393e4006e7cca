// The items of an answer while they grow, each with the events that tell it (protocols.md §10.4, §10.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical/arguments.h"
#include "protocol/json_box.h"
#include "protocol/json_tree.h"
#include "protocol/responses/frames.h"

namespace aigw::protocol::responses {

class OutputItem {
 public:
  virtual ~OutputItem() = default;

  // As it is now.
  virtual Json json() const = 0;
  // Ends it; status `completed` or `incomplete`. Nothing is added behind that.
  void close(std::string_view status);
  // The answer breaks off here: it will not get its `done`.
  void interrupt() { status_ = status_ == "in_progress" ? "incomplete" : status_; }

 protected:
  OutputItem(Frames& frames, std::string id, std::size_t index);
  virtual void close_content() {}

  ItemFrames frames_;
  const std::string id_;
  std::string status_ = "in_progress";
};

class MessageItem : public OutputItem {
 public:
  MessageItem(Frames& frames, std::string id, std::size_t index);

  Json json() const override;
  // `logprobs` in Chat's form, or null.
  void add_text(std::string_view text, const Json* logprobs);
  void add_refusal(std::string_view text);
  // As Chat has them; without text before them they are about nothing. `begin`: characters of text in earlier items.
  void add_annotations(const Json& annotations, std::int64_t begin);
  // Of its text, in characters.
  std::int64_t text_length() const { return text_length(parts_.size()); }

 protected:
  void close_content() override;

 private:
  struct Part {
    bool refusal = false;
    std::string text;
    JsonBox annotations;
    JsonBox logprobs;  // empty: there are none
    Json json() const;
  };

  Inside last() const { return {"content_index", parts_.size() - 1}; }
  Part& open_part(bool refusal);
  std::int64_t text_length(std::size_t parts) const;  // of the first parts

  std::vector<Part> parts_;
};

class ReasoningItem : public OutputItem {
 public:
  ReasoningItem(Frames& frames, std::string id, std::size_t index);

  Json json() const override;
  void add_text(std::string_view text);
  // `encrypted`: "" for none.
  void end(std::string encrypted);
  bool ended() const { return ended_; }

 protected:
  void close_content() override;

 private:
  std::string text_;
  std::string encrypted_;
  bool ended_ = false;
};

class CallItem : public OutputItem {
 public:
  CallItem(Frames& frames, std::string id, std::size_t index, std::string_view call_id, std::string_view name,
           bool custom);

  Json json() const override;
  void add_arguments(std::string_view fragment);
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  // Nothing that matters can follow, although nobody has said so.
  bool complete() const { return ended_ || scan_.complete(); }

 protected:
  void close_content() override;

 private:
  const std::string call_id_;
  const std::string name_;
  const bool custom_;
  std::string arguments_;
  canonical::ArgumentsScan scan_;
  bool ended_ = false;
};

// A picture in the answer.
class ImageItem : public OutputItem {
 public:
  ImageItem(Frames& frames, std::string id, std::size_t index, std::string base64);

  Json json() const override;

 private:
  const std::string base64_;
};

}  // namespace aigw::protocol::responses
