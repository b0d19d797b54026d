#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "arete/core/file.hpp"
#include "arete/core/listener.hpp"

// The command and its terminal: streams, progress, signals.
namespace arete::cli {

/// The user or the system asked the command to stop.
struct Interrupted : std::exception {
  explicit Interrupted(int number) : signal(number) {}
  int signal;
};

/// Sends logs to standard error as "arete: warning: ...", notes SIGHUP, SIGINT and SIGTERM instead
/// of dying of them (a second one kills; those that whoever started the command ignores stay
/// ignored), lets writes to a closed pipe or beyond `ulimit -f` fail instead of killing, and ends
/// with the exit code of a resource where memory runs out within a destructor.
void set_up_console();

/// Throws Interrupted once a signal has come.
void check_interrupted();

/// Whether a person reads standard output as it comes: not so under a launcher.
[[nodiscard]] bool output_is_terminal();

/// Whether standard output is a terminal that shows bold text and nobody objects (NO_COLOR).
[[nodiscard]] bool output_has_styles();

/// Throws OutputClosed, or Error (resource) when standard output cannot be written.
void write_output(std::string_view text);

/// Wall-clock time since it was made.
class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Logs warnings and what was resumed and keeps them for the result, shows progress where standard
/// error is a terminal, and stops the operation after a signal.
class ConsoleListener : public Listener {
 public:
  ConsoleListener();
  ~ConsoleListener() override;
  ConsoleListener(const ConsoleListener&) = delete;
  ConsoleListener& operator=(const ConsoleListener&) = delete;

  void progress(std::string_view stage, std::uint64_t done, std::uint64_t total) override;
  void resumed(std::uint64_t rows, std::uint64_t total) override;
  void warning(const std::string& text) override;

  /// Removes the line of progress, so that other text can take its place.
  void clear() noexcept;
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  /// Rows whose sums an earlier run had left.
  [[nodiscard]] std::uint64_t resumed_rows() const noexcept { return resumed_rows_; }

 private:
  bool shows_progress_;
  bool line_is_shown_ = false;
  std::chrono::steady_clock::time_point last_shown_;
  std::vector<std::string> warnings_;
  std::uint64_t resumed_rows_ = 0;
};

}  // namespace arete::cli
