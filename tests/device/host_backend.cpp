#include "backend/backend_suite.hpp"
#include "device/small_session.hpp"

namespace arete::test {

namespace {

/// The device's pipeline by plain loops.
class HostDeviceBackend final : public Backend {
 public:
  [[nodiscard]] std::string name() const override { return "cuda:test"; }
  [[nodiscard]] std::string description() const override { return "plain loops"; }
  [[nodiscard]] std::size_t host_memory(const SessionOptions& options) const override {
    return device::session_host_memory(options);
  }
  [[nodiscard]] std::unique_ptr<Session> open(const SessionOptions& options) override {
    device::Tuning tuning = small_tuning();
    tuning.panel_rows = 1024;
    tuning.slice_bytes = 20'000;
    return device::open_session(host_device(), options, nullptr, tuning);
  }
};

}  // namespace

std::vector<BackendUnderTest> backends_under_test() {
  return {{"plain_loops", [] { return std::make_unique<HostDeviceBackend>(); }, false}};
}

}  // namespace arete::test
