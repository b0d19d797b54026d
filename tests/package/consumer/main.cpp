// A program outside Arete that trains on rows of its own.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/comm/communicator.hpp"
#include "arete/core/error.hpp"
#include "arete/core/listener.hpp"
#include "arete/data/row_source.hpp"
#include "arete/model/evaluation.hpp"
#include "arete/train/fit.hpp"

namespace {

/// Three features; the classes lie on either side of a plane.
class FourRows : public arete::RowSource {
 public:
  FourRows() {
    info_.name = "four rows";
    info_.rows = 4;
    info_.features = 3;
    info_.type = arete::ElementType::uint8;
    info_.shape = {3};
    info_.classes = {"dark", "light"};
  }
  [[nodiscard]] const arete::SourceInfo& info() const noexcept override { return info_; }
  void read(arete::RowRange range, arete::RowBlock& into) const override {
    std::byte* const rows = into.prepare(info_, range);
    std::memcpy(rows, pixels_ + range.first * 3, range.size() * 3);
    into.labels.assign(labels_ + range.first, labels_ + range.last);
  }

 private:
  static constexpr std::uint8_t pixels_[] = {10, 20, 0, 200, 20, 9, 30, 25, 3, 250, 30, 1};
  static constexpr std::int32_t labels_[] = {0, 1, 0, 1};
  arete::SourceInfo info_;
};

std::uint64_t count_correct() {
  const FourRows source;
  arete::FitOptions options;
  options.lambdas = {1.0};
  arete::Listener listener;
  const auto backend = arete::cpu_backend();
  const auto communicator = arete::single_process();
  const arete::FitResult result =
      arete::fit(source, {0, 4}, options, *backend, *communicator, listener);
  return arete::evaluate(result.model, source, {0, 4}, {}, *communicator, listener).correct;
}

}  // namespace

int main() {
  try {
    const std::uint64_t correct = count_correct();
    std::printf("%llu of 4 right\n", static_cast<unsigned long long>(correct));
    return correct == 4 ? 0 : 1;
  } catch (const arete::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.kind());
  }
}
