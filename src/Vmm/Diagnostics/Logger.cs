using System.Runtime.CompilerServices;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Diagnostics;

/// <summary>
/// Writes log lines of Firecracker's form, <c>time [id:thread:LEVEL:origin] message</c>, one write each, so that lines of several
/// threads never mix. Errors go to standard error too when the log is a file.
/// </summary>
internal sealed unsafe class Logger(string instanceId)
{
    private const int StandardError = 2;
    private const int MaxLineBytes = 1024;

    // Read access and non-blocking: the log may be a FIFO, and one without a reader must not hold the VMM up.
    private const int OpenFlags = 0x2 | 0x40 | 0x400 | 0x800 | 0x80000;
    private const uint OwnerAndGroup = 0x1a0;

    private int _fd = StandardError;
    private LogLevel _level = LogLevel.Info;
    private bool _showLevel;
    private bool _showOrigin;
    private string _module = "";

    /// <summary>Lines that could not be written.</summary>
    internal long LostLines { get; private set; }

    /// <summary>Sets what is written and how; null keeps what was set before.</summary>
    internal void Configure(LogLevel? level, bool? showLevel, bool? showOrigin, string? module = null)
    {
        _level = level ?? _level;
        _showLevel = showLevel ?? _showLevel;
        _showOrigin = showOrigin ?? _showOrigin;
        _module = module ?? _module;
    }

    /// <summary>Appends to a file from now on.</summary>
    /// <exception cref="VmmFaultException">The file cannot be opened.</exception>
    internal void OpenFile(string path)
    {
        int fd = Libc.open(path, OpenFlags, OwnerAndGroup);
        if (fd < 0)
        {
            OsFaultException cause = OsFaultException.FromLastError("open", path);
            throw new VmmFaultException(ExitCode.FileFault, cause.Message, cause);
        }

        _fd = fd;
    }

    internal void Info(string message, [CallerMemberName] string origin = "") => Write(LogLevel.Info, message, origin);

    internal void Warning(string message, [CallerMemberName] string origin = "") => Write(LogLevel.Warning, message, origin);

    /// <summary>Writes whatever the level is: the one line that says why the process ends.</summary>
    internal void Error(string message, [CallerMemberName] string origin = "")
    {
        Write(LogLevel.Error, message, origin);
        if (_fd != StandardError)
        {
            WriteLine(StandardError, LogLevel.Error, message, origin);
        }
    }

    private void Write(LogLevel level, string message, string origin)
    {
        // Of a module, which is where a line comes from, errors are shown whatever it is.
        bool isWanted = level <= _level && origin.StartsWith(_module, StringComparison.Ordinal);
        if (isWanted || level == LogLevel.Error)
        {
            WriteLine(_fd, level, message, origin);
        }
    }

    private void WriteLine(int fd, LogLevel level, string message, string origin)
    {
        LogLine line = new(stackalloc byte[MaxLineBytes]);
        line.AppendTime(DateTime.UtcNow);
        line.Append("[");
        line.Append(instanceId);
        line.Append(":");
        line.Append(Thread.CurrentThread.IsBackground ? "vcpu" : "main");
        if (_showLevel)
        {
            line.Append(":");
            line.Append(Name(level));
        }

        if (_showOrigin)
        {
            line.Append(":");
            line.Append(origin);
        }

        line.Append("] ");
        line.Append(message);
        ReadOnlySpan<byte> bytes = line.Finish();
        // SAFETY: pinned for the call.
        fixed (byte* pointer = bytes)
        {
            if (Libc.write(fd, pointer, (nuint)bytes.Length) != bytes.Length)
            {
                LostLines++;
            }
        }
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Error => "ERROR",
        LogLevel.Warning => "WARN",
        LogLevel.Info => "INFO",
        LogLevel.Debug => "DEBUG",
        _ => "TRACE",
    };
}
