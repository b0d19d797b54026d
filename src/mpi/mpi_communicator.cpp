#include "mpi_communicator.hpp"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string_view>
#include <thread>
#include <utility>

#include "arete/comm/collective_call.hpp"
#include "arete/core/error.hpp"
#include "session.hpp"

// How no rank waits in vain
//
// Before each collective call the ranks vote: each gives the number of a rank that cannot go on, or
// the size of the job, and all receive the smallest. The vote is an MPI_Iallreduce. Only when all
// can go on do they make the calls of MPI that carry the data. These may block, as every rank makes
// them: between a vote and its data a rank does nothing that can fail. A vote also tells which call
// it is for, twice, with both signs: the smallest are of one call only where it is the same for
// all.
//
// A rank that fails takes part in one more vote, in agree_on_failure(). It has completed some
// number n of votes, so every rank has come to vote n, and none can complete vote n + 1 without it.
// The others learn of the failure in one of two ways:
// - They come to vote n + 1, or wait in it already, and it ends with the number of the rank. No
//   vote is left before its end, so all ranks count them alike.
// - check() finds the notice that a failing rank sends to all: an empty message. The rank then
//   joins vote n + 1 in agree_on_failure(), even if it failed itself in the meantime.
// Either way every rank ends vote n + 1 with the same answer, the lowest of the ranks that failed,
// which then broadcasts why. Several that fail at once meet in the same vote. The notices have been
// counted, and are received, so that MPI has nothing left over when it is finalized.
//
// An exception that passes the communicator without agree_on_failure() is told by the destructor in
// the same way.
//
// This needs every rank to come. One that computes for long without check(), or whose MPI calls
// fail, does not in time; one that dies is noticed by the launcher. So the lowest rank that failed
// waits for a limited time, and the others twice as long, so that one rank reports it and not all.
// Whoever gives up ends the job by MPI_Abort in the destructor: MPI_Finalize would wait for the
// others.
namespace arete::mpi {

namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;
using Clock = std::chrono::steady_clock;

constexpr int tag_of_notices = 1;
constexpr auto spinning = 1ms;         ///< time in which most waits end
constexpr auto between_looks = 100us;  ///< afterwards: cores may be shared with those waited for
/// What the rank that failed says to the others. All ranks run the same build.
struct Report {
  int exit_code = 0;
  std::array<char, MPI_MAX_PROCESSOR_NAME> host{};
  std::array<char, 3072> message{};
};

/// As much of `text` as fits, and a zero.
template <std::size_t capacity>
void store(std::string_view text, std::array<char, capacity>& into) {
  into = {};
  text.copy(into.data(), capacity - 1);
}

std::string processor_name() {
  std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
  int length = 0;
  expect_success(MPI_Get_processor_name(name.data(), &length), "MPI_Get_processor_name");
  return {name.data(), static_cast<std::size_t>(length)};
}

int size_of(MPI_Comm comm) {
  int size = 0;
  expect_success(MPI_Comm_size(comm, &size), "MPI_Comm_size");
  return size;
}

int count_ranks_on_host() {
  MPI_Comm neighbours = MPI_COMM_NULL;
  expect_success(
      MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &neighbours),
      "MPI_Comm_split_type");
  const int count = size_of(neighbours);
  expect_success(MPI_Comm_free(&neighbours), "MPI_Comm_free");
  return count;
}

class MpiCommunicator final : public Communicator {
 public:
  MpiCommunicator(std::shared_ptr<const Session> session, const Limits& limits);
  ~MpiCommunicator() override;
  MpiCommunicator(const MpiCommunicator&) = delete;
  MpiCommunicator& operator=(const MpiCommunicator&) = delete;

  [[nodiscard]] int rank() const noexcept override { return rank_; }
  [[nodiscard]] int size() const noexcept override { return size_; }
  [[nodiscard]] const std::string& host() const noexcept override { return host_; }
  [[nodiscard]] int ranks_on_host() const noexcept override { return ranks_on_host_; }

  void broadcast(std::span<std::byte> bytes, int root) override;
  void all_reduce_sum(std::span<double> values) override {
    sum(values, MPI_DOUBLE, CollectiveCall::Kind::sum_of_reals);
  }
  void all_reduce_sum(std::span<std::uint64_t> values) override {
    sum(values, MPI_UINT64_T, CollectiveCall::Kind::sum_of_integers);
  }
  [[nodiscard]] std::vector<Bytes> all_gather(std::span<const std::byte> bytes) override;

  void check() override;
  void announce_failure() noexcept override;
  void allow_delay(std::chrono::milliseconds delay) noexcept override { delay_ = delay; }
  [[nodiscard]] Failure agree_on_failure(std::optional<Failure> own) override;

 private:
  template <typename T>
  void sum(std::span<T> values, MPI_Datatype type, CollectiveCall::Kind kind);
  void broadcast_pieces(std::span<std::byte> bytes, int root);

  void pass_vote(const CollectiveCall& call);
  bool vote(int failed, std::int64_t call);
  bool completes(MPI_Request& request);
  bool gives_up(Clock::time_point now);
  bool has_notice_of(int rank);

  bool agrees(const std::optional<Failure>& own);
  void send_notices();
  bool receive_notices();
  bool exchange_reports();
  void tell_of_exception() noexcept;

  std::shared_ptr<const Session> session_;
  Limits limits_;
  std::chrono::milliseconds delay_{};  ///< beyond limits_.agreement
  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 0;
  int ranks_on_host_ = 0;
  std::string host_;
  int exceptions_ = std::uncaught_exceptions();  ///< in flight when it was made
  bool heard_ = false;                           ///< of a failure of another rank
  bool ended_ = false;                           ///< by agree_on_failure()
  std::optional<int> lowest_failed_;             ///< by the vote that ended the job
  std::optional<Clock::time_point> deadline_;    ///< for the others to hear of a failure
  std::optional<int> abort_with_;                ///< the exit code, where others did not hear

  // What MPI works on while a call has not completed; still there when it never does.
  MPI_Request request_ = MPI_REQUEST_NULL;
  std::array<std::int64_t, 3> own_vote_{};  ///< a rank that failed; the call, and its negative
  std::array<std::int64_t, 3> result_of_vote_{};
  std::vector<MPI_Request> notices_;
  int notices_sent_ = 0;  ///< to each of the others
  int notices_of_all_ = 0;
  Report report_;
};

MpiCommunicator::MpiCommunicator(std::shared_ptr<const Session> session, const Limits& limits)
    : session_(std::move(session)),
      limits_(limits),
      size_(size_of(MPI_COMM_WORLD)),
      ranks_on_host_(count_ranks_on_host()),
      host_(processor_name()) {
  expect_success(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
  notices_.assign(static_cast<std::size_t>(size_), MPI_REQUEST_NULL);
  expect_success(MPI_Comm_dup(MPI_COMM_WORLD, &comm_), "MPI_Comm_dup");
}

MpiCommunicator::~MpiCommunicator() {
  if (std::uncaught_exceptions() > exceptions_ && !ended_) tell_of_exception();
  if (abort_with_) MPI_Abort(MPI_COMM_WORLD, *abort_with_);
  MPI_Comm_free(&comm_);
}

/// Ends the job as agree_on_failure() would have, had it been called.
void MpiCommunicator::tell_of_exception() noexcept {
  constexpr int code = static_cast<int>(ErrorKind::internal);
  try {
    std::optional<Failure> own;
    if (!heard_) own = Failure{rank_, host_, code, "ended by an exception that nobody handled"};
    static_cast<void>(agree_on_failure(std::move(own)));
  } catch (...) {  // no memory even for the text
    abort_with_ = code;
  }
}

// The collective calls.

/// Calls `use` with one piece of `values` after another, each short enough for MPI.
template <typename T, typename Use>
void for_each_piece(std::span<T> values, std::size_t piece_bytes, Use use) {
  const std::size_t most = std::max<std::size_t>(piece_bytes / sizeof(T), 1);
  while (!values.empty()) {
    const auto piece = values.first(std::min(values.size(), most));
    use(piece.data(), static_cast<int>(piece.size()));
    values = values.subspan(piece.size());
  }
}

void MpiCommunicator::broadcast(std::span<std::byte> bytes, int root) {
  pass_vote({CollectiveCall::Kind::broadcast, root, bytes.size()});
  broadcast_pieces(bytes, root);
}

void MpiCommunicator::broadcast_pieces(std::span<std::byte> bytes, int root) {
  for_each_piece(bytes, limits_.piece_bytes, [&](std::byte* piece, int count) {
    expect_success(MPI_Bcast(piece, count, MPI_BYTE, root, comm_), "MPI_Bcast");
  });
}

/// Added up on one rank, and sent from there: MPI_Allreduce may round differently on each.
template <typename T>
void MpiCommunicator::sum(std::span<T> values, MPI_Datatype type, CollectiveCall::Kind kind) {
  pass_vote({kind, 0, values.size()});
  for_each_piece(values, limits_.piece_bytes, [&](T* piece, int count) {
    const void* const from = rank_ == 0 ? MPI_IN_PLACE : piece;
    expect_success(MPI_Reduce(from, piece, count, type, MPI_SUM, 0, comm_), "MPI_Reduce");
    expect_success(MPI_Bcast(piece, count, type, 0, comm_), "MPI_Bcast");
  });
}

std::vector<Bytes> MpiCommunicator::all_gather(std::span<const std::byte> bytes) {
  const std::uint64_t own_size = bytes.size();
  std::vector<std::uint64_t> sizes(static_cast<std::size_t>(size_));
  std::vector<Bytes> gathered(sizes.size());
  const CollectiveCall call{CollectiveCall::Kind::gather};
  pass_vote(call);
  expect_success(MPI_Allgather(&own_size, 1, MPI_UINT64_T, sizes.data(), 1, MPI_UINT64_T, comm_),
                 "MPI_Allgather");
  for (std::size_t i = 0; i < sizes.size(); ++i) gathered[i].resize(sizes[i]);
  std::ranges::copy(bytes, gathered[static_cast<std::size_t>(rank_)].begin());
  pass_vote(call);  // once more: there may not have been the memory
  for (int root = 0; root < size_; ++root) {
    broadcast_pieces(gathered[static_cast<std::size_t>(root)], root);
  }
  return gathered;
}

// Votes and waiting.

void MpiCommunicator::check() {
  heard_ = heard_ || lowest_failed_ || has_notice_of(MPI_ANY_SOURCE);
  if (heard_) throw OtherRankFailed();
}

bool MpiCommunicator::has_notice_of(int rank) {
  int found = 0;
  expect_success(MPI_Iprobe(rank, tag_of_notices, comm_, &found, MPI_STATUS_IGNORE), "MPI_Iprobe");
  return found != 0;
}

/// Returns once all ranks have come to make the same collective call.
void MpiCommunicator::pass_vote(const CollectiveCall& call) {
  check();
  vote(size_, number_of(call, size_));
  heard_ = lowest_failed_.has_value();
  if (heard_) throw OtherRankFailed();
  if (result_of_vote_[1] != -result_of_vote_[2]) fail_on_different_calls(call);
}

/// Gives the number of a rank that failed, or the size. False when the wait was given up.
bool MpiCommunicator::vote(int failed, std::int64_t call) {
  own_vote_ = {failed, call, -call};
  expect_success(MPI_Iallreduce(own_vote_.data(), result_of_vote_.data(), own_vote_.size(),
                                MPI_INT64_T, MPI_MIN, comm_, &request_),
                 "MPI_Iallreduce");
  if (!completes(request_)) return false;
  if (result_of_vote_[0] < size_) lowest_failed_ = static_cast<int>(result_of_vote_[0]);
  return true;
}

bool MpiCommunicator::completes(MPI_Request& request) {
  const Clock::time_point start = Clock::now();
  while (true) {
    int done = 0;
    expect_success(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (done != 0) return true;
    const Clock::time_point now = Clock::now();
    if (gives_up(now)) return false;
    if (now - start < spinning) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(between_looks);
    }
  }
}

/// After the deadline the lowest rank that failed does, as far as this one knows which that is;
/// the others leave it some time to end the job.
bool MpiCommunicator::gives_up(Clock::time_point now) {
  if (!deadline_ || now <= *deadline_) return false;
  if (now > *deadline_ + limits_.agreement + delay_) return true;
  if (heard_) return false;
  for (int lower = 0; lower < rank_; ++lower) {
    if (has_notice_of(lower)) return false;
  }
  return !lowest_failed_ || *lowest_failed_ == rank_;
}

// The end of a job that fails.

void MpiCommunicator::announce_failure() noexcept {
  try {
    send_notices();
  } catch (...) {  // NOLINT(bugprone-empty-catch): agree_on_failure() then ends by its time limit
  }
}

Failure MpiCommunicator::agree_on_failure(std::optional<Failure> own) {
  ended_ = true;
  deadline_ = Clock::now() + limits_.agreement + delay_;
  abort_with_ = own ? own->exit_code : static_cast<int>(ErrorKind::resource);
  try {
    if (agrees(own)) {
      abort_with_.reset();
      return {*lowest_failed_, report_.host.data(), report_.exit_code, report_.message.data()};
    }
  } catch (const Error& error) {  // MPI itself has failed, or this class: the others are not told
    if (!own) own = Failure{0, {}, static_cast<int>(error.kind()), error.what()};
  }
  if (!own) own = Failure{0, {}, *abort_with_, failed_in_silence};
  abort_with_ = own->exit_code;
  own->rank = rank_;
  own->host = host_;
  own->known_to_all = false;
  return *std::move(own);
}

/// Whether every rank came to say and hear what happened.
bool MpiCommunicator::agrees(const std::optional<Failure>& own) {
  if (!lowest_failed_) {
    if (own) send_notices();
    if (!vote(own ? rank_ : size_, 0)) return false;
    if (!lowest_failed_) fail(ErrorKind::internal, "ranks agree on a failure that none has had");
  }
  if (*lowest_failed_ == rank_) {
    report_.exit_code = own->exit_code;
    store(host_, report_.host);
    store(own->message, report_.message);
  }
  return receive_notices() && exchange_reports();
}

/// Lets those who compute know; check() finds it.
void MpiCommunicator::send_notices() {
  if (notices_sent_ != 0) return;
  notices_sent_ = 1;
  for (int other = 0; other < size_; ++other) {
    if (other == rank_) continue;
    expect_success(MPI_Isend(nullptr, 0, MPI_BYTE, other, tag_of_notices, comm_,
                             &notices_[static_cast<std::size_t>(other)]),
                   "MPI_Isend");
  }
}

bool MpiCommunicator::receive_notices() {
  expect_success(
      MPI_Iallreduce(&notices_sent_, &notices_of_all_, 1, MPI_INT, MPI_SUM, comm_, &request_),
      "MPI_Iallreduce");
  if (!completes(request_)) return false;
  for (int left = notices_of_all_ - notices_sent_; left > 0; --left) {
    expect_success(
        MPI_Irecv(nullptr, 0, MPI_BYTE, MPI_ANY_SOURCE, tag_of_notices, comm_, &request_),
        "MPI_Irecv");
    if (!completes(request_)) return false;
  }
  return std::ranges::all_of(notices_, [&](MPI_Request& notice) { return completes(notice); });
}

bool MpiCommunicator::exchange_reports() {
  expect_success(MPI_Ibcast(&report_, sizeof report_, MPI_BYTE, *lowest_failed_, comm_, &request_),
                 "MPI_Ibcast");
  return completes(request_);
}

}  // namespace

std::unique_ptr<Communicator> mpi_communicator(std::shared_ptr<const Session> session,
                                               const Limits& limits) {
  return std::make_unique<MpiCommunicator>(std::move(session), limits);
}

}  // namespace arete::mpi
