namespace MicroVm.Vmm.Diagnostics;

/// <summary>Severity of a log line, least severe last.</summary>
internal enum LogLevel
{
    Off,
    Error,
    Warning,
    Info,
    Debug,
    Trace,
}
