#include <unistd.h>

#include <array>
#include <climits>

#include "arete/comm/communicator.hpp"
#include "arete/core/error.hpp"

namespace arete {

namespace {

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "this host";
}

class SingleProcess final : public Communicator {
 public:
  [[nodiscard]] int rank() const noexcept override { return 0; }
  [[nodiscard]] int size() const noexcept override { return 1; }
  [[nodiscard]] const std::string& host() const noexcept override { return host_; }
  [[nodiscard]] int ranks_on_host() const noexcept override { return 1; }
  void broadcast(std::span<std::byte> /*bytes*/, int /*root*/) override {}
  void all_reduce_sum(std::span<double> /*values*/) override {}
  void all_reduce_sum(std::span<std::uint64_t> /*values*/) override {}
  [[nodiscard]] std::vector<std::vector<std::byte>> all_gather(
      std::span<const std::byte> bytes) override {
    return {{bytes.begin(), bytes.end()}};
  }
  void check() override {}
  void announce_failure() noexcept override {}
  void allow_delay(std::chrono::milliseconds /*delay*/) noexcept override {}
  [[nodiscard]] Failure agree_on_failure(std::optional<Failure> own) override {
    if (!own) fail(ErrorKind::internal, "a job of one process heard of another rank's failure");
    own->rank = 0;
    own->host = host_;
    return *std::move(own);
  }

 private:
  std::string host_ = host_name();
};

}  // namespace

std::unique_ptr<Communicator> single_process() { return std::make_unique<SingleProcess>(); }

}  // namespace arete
