using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Control;

/// <summary>The log file and what its lines show; null keeps what the command line or an earlier request set.</summary>
internal sealed record LoggerConfig(
    string? LogPath = null, LogLevel? Level = null, bool? ShowLevel = null, bool? ShowLogOrigin = null, string? Module = null);
