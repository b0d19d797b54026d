#include "disturbance.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <numeric>
#include <string>

namespace arete::bench {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

ProcessorTimes processor_times() {
  // user, nice, system, idle, iowait, irq, softirq, steal: proc_stat(5)
  std::array<double, 8> ticks{};
  std::ifstream file("/proc/stat");
  std::string name;
  file >> name;
  for (double& value : ticks) file >> value;
  const auto per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);

  ProcessorTimes times;
  times.total = std::reduce(ticks.begin(), ticks.end()) / per_second;
  times.busy = times.total - (ticks[3] + ticks[4]) / per_second;
  times.own = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  return times;
}

double DisturbanceMonitor::share_of_others() const {
  const ProcessorTimes now = processor_times();
  const double total = now.total - start_.total;
  if (total <= 0) return 0;
  return std::clamp((now.busy - start_.busy - (now.own - start_.own)) / total, 0.0, 1.0);
}

}  // namespace arete::bench
