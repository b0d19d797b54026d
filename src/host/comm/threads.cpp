#include "arete/comm/threads.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "arete/comm/collective_call.hpp"
#include "arete/core/error.hpp"

namespace arete {

namespace {

using Bytes = std::vector<std::byte>;
using Gathered = std::shared_ptr<const std::vector<Bytes>>;

/// What the ranks share. A failure can be told at any time, because no rank ever reads the memory
/// of another: what is exchanged lies here until the last one has let go of it.
class ThreadJob {
 public:
  ThreadJob(const std::vector<std::string>& hosts, std::chrono::milliseconds time_limit)
      : hosts_(hosts), time_limit_(time_limit), calls_(hosts.size()), given_(hosts.size()) {}

  [[nodiscard]] const std::vector<std::string>& hosts() const noexcept { return hosts_; }

  /// What every rank gave, by rank; all ranks wait here for each other.
  Gathered exchange(int rank, const CollectiveCall& call, Bytes own) {
    std::unique_lock lock(mutex_);
    if (failed_) throw OtherRankFailed();
    calls_[static_cast<std::size_t>(rank)] = call;
    given_[static_cast<std::size_t>(rank)] = std::move(own);
    const std::uint64_t round = rounds_;
    if (++arrived_ == hosts_.size()) {
      std::vector<Bytes> next(hosts_.size());
      gathered_ = std::make_shared<const std::vector<Bytes>>(std::exchange(given_, next));
      same_call_ = std::ranges::count(calls_, call) == std::ssize(calls_);
      arrived_ = 0;
      ++rounds_;
      changed_.notify_all();
    }
    changed_.wait(lock, [&] { return rounds_ != round || failed_; });
    if (rounds_ == round) throw OtherRankFailed();
    // Still of this round: the next one ends only after this rank has come to it.
    if (!same_call_) fail_on_different_calls(call);
    return gathered_;
  }

  void check() {
    const std::lock_guard lock(mutex_);
    if (failed_) throw OtherRankFailed();
  }

  void announce() {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    changed_.notify_all();
  }

  void allow_delay(std::chrono::milliseconds delay) {
    const std::lock_guard lock(mutex_);
    delay_ = delay;
  }

  Failure agree(int rank, std::optional<Failure> own) {
    std::unique_lock lock(mutex_);
    failed_ = true;
    ++left_;
    if (own && !(lowest_ && (decided_ || lowest_->rank < rank))) {
      lowest_ = std::move(own);
      lowest_->rank = rank;
      lowest_->host = hosts_[static_cast<std::size_t>(rank)];
    }
    changed_.notify_all();
    const bool all =
        changed_.wait_for(lock, time_limit_ + delay_, [&] { return left_ == hosts_.size(); });
    if (!lowest_ && all) fail(ErrorKind::internal, "ranks agree on a failure that none has had");
    if (!lowest_) {
      lowest_ = Failure{rank, hosts_[static_cast<std::size_t>(rank)],
                        static_cast<int>(ErrorKind::resource), failed_in_silence};
    }
    decided_ = true;
    Failure result = *lowest_;
    result.known_to_all = all;
    return result;
  }

 private:
  const std::vector<std::string> hosts_;
  const std::chrono::milliseconds time_limit_;
  std::chrono::milliseconds delay_{};  ///< beyond that limit
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<CollectiveCall> calls_;  ///< in this round
  std::vector<Bytes> given_;           ///< in this round
  Gathered gathered_;                  ///< in the round before
  bool same_call_ = true;              ///< in the round before
  std::size_t arrived_ = 0;
  std::uint64_t rounds_ = 0;
  bool failed_ = false;
  std::size_t left_ = 0;
  std::optional<Failure> lowest_;
  bool decided_ = false;
};

Bytes copy_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

class ThreadCommunicator final : public Communicator {
 public:
  ThreadCommunicator(std::shared_ptr<ThreadJob> job, int rank)
      : job_(std::move(job)),
        rank_(rank),
        host_(job_->hosts()[static_cast<std::size_t>(rank)]),
        ranks_on_host_(static_cast<int>(std::ranges::count(job_->hosts(), host_))) {}

  [[nodiscard]] int rank() const noexcept override { return rank_; }
  [[nodiscard]] int size() const noexcept override {
    return static_cast<int>(job_->hosts().size());
  }
  [[nodiscard]] const std::string& host() const noexcept override { return host_; }
  [[nodiscard]] int ranks_on_host() const noexcept override { return ranks_on_host_; }

  void broadcast(std::span<std::byte> bytes, int root) override {
    const CollectiveCall call{CollectiveCall::Kind::broadcast, root, bytes.size()};
    const Gathered gathered = job_->exchange(rank_, call, rank_ == root ? copy_of(bytes) : Bytes());
    std::ranges::copy((*gathered)[static_cast<std::size_t>(root)], bytes.begin());
  }
  void all_reduce_sum(std::span<double> values) override {
    sum(values, CollectiveCall::Kind::sum_of_reals);
  }
  void all_reduce_sum(std::span<std::uint64_t> values) override {
    sum(values, CollectiveCall::Kind::sum_of_integers);
  }
  [[nodiscard]] std::vector<Bytes> all_gather(std::span<const std::byte> bytes) override {
    return *job_->exchange(rank_, {CollectiveCall::Kind::gather}, copy_of(bytes));
  }

  void check() override { job_->check(); }
  void announce_failure() noexcept override { job_->announce(); }
  void allow_delay(std::chrono::milliseconds delay) noexcept override { job_->allow_delay(delay); }
  [[nodiscard]] Failure agree_on_failure(std::optional<Failure> own) override {
    return job_->agree(rank_, std::move(own));
  }

 private:
  /// Every rank adds in the order of the ranks, hence the same bits everywhere.
  template <typename T>
  void sum(std::span<T> values, CollectiveCall::Kind kind) {
    const CollectiveCall call{kind, 0, values.size()};
    const Gathered gathered = job_->exchange(rank_, call, copy_of(std::as_bytes(values)));
    std::ranges::fill(values, T{});
    for (const Bytes& bytes : *gathered) {
      // Memory that `new` gave is aligned for any T.
      const T* const given = reinterpret_cast<const T*>(bytes.data());
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += given[i];
    }
  }

  std::shared_ptr<ThreadJob> job_;
  int rank_;
  std::string host_;
  int ranks_on_host_;
};

/// What the exception in flight says; nothing where it says that another rank has failed.
std::optional<Failure> failure_in_flight() {
  Failure failure;
  try {
    throw;
  } catch (const OtherRankFailed&) {
    return std::nullopt;
  } catch (const Error& error) {
    failure.exit_code = static_cast<int>(error.kind());
    failure.message = error.what();
  } catch (const std::bad_alloc& error) {
    failure.exit_code = static_cast<int>(ErrorKind::resource);
    failure.message = error.what();
  } catch (const std::exception& error) {
    failure.message = error.what();
  }
  return failure;
}

/// How one rank ends: with nothing, or with the failure that all agree on.
std::optional<Failure> run_rank(Communicator& communicator,
                                const std::function<void(Communicator&)>& body) {
  try {
    body(communicator);
    communicator.broadcast({}, 0);  // a rank that fails after this one's end is heard of here
    return std::nullopt;
  } catch (...) {
    return communicator.agree_on_failure(failure_in_flight());
  }
}

}  // namespace

std::vector<std::unique_ptr<Communicator>> thread_communicators(
    const std::vector<std::string>& hosts, std::chrono::milliseconds time_limit) {
  const auto job = std::make_shared<ThreadJob>(hosts, time_limit);
  std::vector<std::unique_ptr<Communicator>> communicators(hosts.size());
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    communicators[i] = std::make_unique<ThreadCommunicator>(job, static_cast<int>(i));
  }
  return communicators;
}

void run_as_threads(const std::vector<std::string>& hosts,
                    const std::function<void(Communicator&)>& body) {
  const auto communicators = thread_communicators(hosts);
  std::vector<std::optional<Failure>> failures(hosts.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    threads.emplace_back([&, i] { failures[i] = run_rank(*communicators[i], body); });
  }
  for (std::thread& thread : threads) thread.join();
  if (const auto& failure = failures.front()) {
    fail(ErrorKind{failure->exit_code}, "rank {} on {}: {}", failure->rank, failure->host,
         failure->message);
  }
}

void run_as_threads(int size, const std::function<void(Communicator&)>& body) {
  run_as_threads(std::vector<std::string>(static_cast<std::size_t>(size), "localhost"), body);
}

}  // namespace arete
