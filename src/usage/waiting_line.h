// The line of those who wait for room under one limit, fair between keys: keys take turns, however many wait with each,
// and within a key who came first goes first.
//
// A line moves no one by itself: the first in it tries for the room, and when he leaves, having got it or given up, the
// next one is woken. Who has had his turn here but waits elsewhere as well steps aside: he may try whenever he wants, and
// holds up nobody.
//
// Threads: any; a Place belongs to one of them. Lifetime: a place keeps its line alive.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace aigw::usage {

class WaitingLine : public std::enable_shared_from_this<WaitingLine> {
 public:
  // Left when destroyed.
  class Place {
   public:
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // Whether it may try for the room now: it is the first, or has stepped aside.
    bool may_try() const;
    void step_aside();
    bool is_aside() const;
    const WaitingLine* line() const { return line_.get(); }

   private:
    friend class WaitingLine;
    Place(std::shared_ptr<WaitingLine> line, std::string key, std::function<void()> wake);

    const std::shared_ptr<WaitingLine> line_;
    const std::string key_;
    const std::function<void()> wake_;
    bool aside_ = false;  // guarded by the line's mutex
  };

  // `wake` is called, on any thread and with the line locked, when it may be this one's turn; it must only signal.
  std::unique_ptr<Place> join(const std::string& key, std::function<void()> wake);

  bool empty() const;  // but for those who have stepped aside
  // There may be room: the first one should look.
  void wake_first();

 private:
  struct Turn {
    std::string key;
    std::deque<const Place*> places;  // never empty
  };

  void leave(const Place& place);
  void take_out(const Place& place);  // with mutex_ held
  const Place* first() const;  // null if nobody waits; with mutex_ held

  mutable std::mutex mutex_;
  std::list<Turn> turns_;  // one for each key
};

}  // namespace aigw::usage
