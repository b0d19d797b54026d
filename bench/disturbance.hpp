#pragma once

namespace arete::bench {

/// Processor time, in seconds summed over all processors, since the machine or the process started.
struct ProcessorTimes {
  double busy = 0;   ///< of the machine: anything but idle, time stolen by other guests included
  double total = 0;  ///< of the machine
  double own = 0;    ///< of this process
};

/// From /proc/stat and getrusage; `total` is zero where there is no /proc/stat.
[[nodiscard]] ProcessorTimes processor_times();

/// Notices what else ran on the machine while it lives.
class DisturbanceMonitor {
 public:
  /// Share of the machine from which on a figure is called disturbed.
  static constexpr double limit = 0.03;

  DisturbanceMonitor() : start_(processor_times()) {}
  /// The share of the machine's processor time that went to others so far; 0 where unknown.
  [[nodiscard]] double share_of_others() const;

 private:
  ProcessorTimes start_;
};

}  // namespace arete::bench
