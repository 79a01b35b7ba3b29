// SPDX-License-Identifier: MIT
#include "eigensweep/wire/messages.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "eigensweep/wire/codec.hpp"
#include "sample_record.hpp"

using namespace eigensweep;
using namespace eigensweep::wire;

namespace {

Frame only_frame(const Bytes& bytes) {
  std::vector<Frame> frames = frames_of(bytes);
  REQUIRE(frames.size() == 1);
  return std::move(frames.front());
}

std::string refusal_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

template <typename Message>
const Bytes* bytes_of(const Message& message) {
  if constexpr (CarriesBytes<Message>) return &message.bytes;
  return nullptr;
}

/// Converts to any type, to count the members of an aggregate.
struct Anything {
  template <typename Value>
  operator Value() const;  // NOLINT: converts on purpose, and is never defined
};

/// The number of members of a struct without a base.
template <typename Struct, typename... Values>
constexpr std::size_t members(Values... values) {
  if constexpr (requires { Struct{values..., Anything{}}; }) {
    return members<Struct>(values..., Anything{});
  } else {
    return sizeof...(values);
  }
}

/// Whether every member of a message is one of its fields, or `bytes`.
template <typename Message>
constexpr bool lists_all_members() {
  constexpr std::size_t listed = std::tuple_size_v<decltype(Message::fields())>;
  return members<Message>() == listed + (CarriesBytes<Message> ? 1 : 0);
}
static_assert(lists_all_members<DeviceSpeed>());
static_assert(lists_all_members<WorkerPlace>());
static_assert(lists_all_members<RecordHeader>());

/// Checks that a message arrives as it was sent, also with unknown fields in its header. If a field is missing or has
/// an invalid value, the error must name it.
template <typename Direction, typename Message>
void check(const Message& sent) {
  INFO(Message::type);
  if constexpr (!std::is_same_v<Message, EncodedRecord>) static_assert(lists_all_members<Message>());
  Frame frame = only_frame(framed(sent));
  CHECK(frame.header["type"] == Message::type);
  frame.header["from a later build"] = 1;
  const Direction arrived = unframed<Direction>(Frame(frame));
  const auto* same = std::get_if<Message>(&arrived);
  REQUIRE(same != nullptr);
  CHECK(header_of(*same) == header_of(sent));
  if (bytes_of(sent) != nullptr) CHECK(*bytes_of(*same) == *bytes_of(sent));
  std::apply(
      [&](const auto&... fields) {
        [[maybe_unused]] const auto try_without = [&](const std::string& name) {
          Frame broken = frame;
          broken.header.erase(name);
          CHECK(refusal_of([&] { unframed<Direction>(std::move(broken)); }) ==
                fmt::format("message {}: {} is missing", Message::type, name));
          broken = frame;
          broken.header[name] = nullptr;
          CHECK_THAT(refusal_of([&] { unframed<Direction>(std::move(broken)); }),
                     Catch::StartsWith(fmt::format("message {}: {} ", Message::type, name)));
        };
        (try_without(fields.name), ...);
      },
      Message::fields());
}

/// The same for the events of a supervisor, on rank 0 and on another rank.
template <typename What>
void check_event(const What& what) {
  INFO(What::type);
  if constexpr (!std::is_same_v<What, EncodedRecord>) static_assert(lists_all_members<What>());
  Frame frame = only_frame(framed(Event{3, what}));
  const ToLeader arrived = unframed<ToLeader>(Frame(frame));
  const auto* event = std::get_if<Event>(&arrived);
  REQUIRE(event != nullptr);
  CHECK(event->slot == 3);
  REQUIRE(std::holds_alternative<What>(event->what));
  CHECK(framed(event->what) == framed(what));
  frame.header.erase("slot");
  CHECK(refusal_of([&] { unframed<ToLeader>(std::move(frame)); }) ==
        fmt::format("message {}: slot is missing", What::type));
}

const Hello hello{"cuda:1", 4, "0-3", "2.13.0", 1e9, "n1", 77};
const Progress progress{"p", Stage::evaluate, "pgd", "pgd-0123", 1, 10, 2, 20, {0.5, 0.25}};
const Finished finished{"p", 1.5};
const Failed out_of_memory{"p", Reason::out_of_memory, "too many lanes"};
const Drained drained{"p", true};
const Lost lost{true, true, true, "the worker hung"};

}  // namespace

TEST_CASE("what a worker says arrives") {
  check<FromWorker>(hello);
  check<FromWorker>(progress);
  check<FromWorker>(encoded(sample_record("t")));
  check<FromWorker>(finished);
  check<FromWorker>(out_of_memory);
  check<FromWorker>(drained);
}

TEST_CASE("what a worker is told arrives") {
  check<ToWorker>(RunPack{{1, 2, 3}});
  check<ToWorker>(Quit{});
}

TEST_CASE("what happens to a worker arrives with its slot") {
  check_event(hello);
  check_event(progress);
  check_event(encoded(sample_record("t")));
  check_event(finished);
  check_event(out_of_memory);
  check_event(drained);
  check_event(lost);
  check_event(Left{true});
  check_event(Ready{});
  check_event(Retired{"exit code 127"});
}

TEST_CASE("what ranks say to rank 0 arrives") {
  Introduction introduction{2, "n2", "0.1.0 (abc)", "s", "p", {}, "cgroup", "slurm", {"a", "b"}, "MKL"};
  introduction.places.push_back({2, 1, "n2", "cuda:0", 4, {1, 3}, 4e10, "0,1", "GPU-a", "A100", {4e13, 5e-6}});
  check<ToLeader>(introduction);
  check<ToLeader>(Probed{"read-only"});
  check<ToLeader>(Alive{});
  check<ToLeader>(Stopping{});
  check<ToLeader>(Bye{});
}

TEST_CASE("what rank 0 says to ranks arrives") {
  check<ToFollower>(Alive{});
  check<ToFollower>(Probe{"runs/a", "runs/a/token"});
  check<ToFollower>(Settings{"runs/a/logs", {{1, 0, "n2", "cpu", 1, {}, 1e9, "", "", "", {}}}});
  check<ToFollower>(Give{2, {4, 5}});
  check<ToFollower>(Doubt{2, 30.5});
  check<ToFollower>(Drain{});
  check<ToFollower>(Kill{});
  check<ToFollower>(Concluding{});
  check<ToFollower>(Leave{75});
}

TEST_CASE("a message that does not belong in its direction is refused, and one without a type") {
  CHECK(refusal_of([] { unframed<ToWorker>(only_frame(framed(finished))); }) ==
        "message: type 'finished' is unknown here; known are 'task', 'quit'");
  CHECK_THAT(refusal_of([] { unframed<ToLeader>(only_frame(framed(Quit{}))); }),
             Catch::Contains("known are 'introduction', 'probed', 'alive', 'hello', 'progress', 'record'"));
  CHECK(refusal_of([] { unframed<ToWorker>(Frame{Json::object(), {}}); }) == "message: type is missing");
  CHECK(refusal_of([] {
          unframed<ToWorker>(Frame{{{"type", 1}}, {}});
        }) == "message: type must be a string, not number");
}

TEST_CASE("several messages in one buffer arrive in their order, and a torn buffer is refused") {
  Bytes all = framed(Event{0, finished});
  const Bytes second = framed(Alive{});
  all.insert(all.end(), second.begin(), second.end());
  const std::vector<ToLeader> arrived = unframed_all<ToLeader>(all);
  REQUIRE(arrived.size() == 2);
  CHECK(std::holds_alternative<Event>(arrived[0]));
  CHECK(std::holds_alternative<Alive>(arrived[1]));
  all.pop_back();
  CHECK(refusal_of([&] { unframed_all<ToLeader>(all); }) == "frame: its buffer ends before it does");
}

TEST_CASE("stages and reasons have their words") {
  CHECK(words_of<Stage>() == std::vector<std::string>{"start", "train", "evaluate"});
  CHECK(words_of<Reason>() == std::vector<std::string>{"out_of_memory", "error", "data", "output"});
}

TEST_CASE("a value of bytes that are no text is refused in words, where a number belongs") {
  Frame frame = only_frame(framed(progress));
  frame.header["epoch"] = "a\xA7";
  CHECK(refusal_of([&] { unframed<FromWorker>(std::move(frame)); }) ==
        "message progress: epoch must be an integer, not \"a\xEF\xBF\xBD\"");
}
