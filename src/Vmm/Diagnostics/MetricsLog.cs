using System.Buffers;
using System.Text.Json;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Diagnostics;

/// <summary>
/// Appends metrics to a file, a JSON object per line, as Firecracker does: every minute, when asked, and at the end. What is written
/// is how much each counter has grown since the line before. On the loop thread.
/// </summary>
internal sealed unsafe class MetricsLog : IEventSource, IDisposable
{
    /// <summary>Time between two lines that nobody asked for.</summary>
    internal static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(60);

    // Read access and non-blocking: the file may be a FIFO, and one without a reader must not hold the VMM up.
    private const int OpenFlags = 0x2 | 0x40 | 0x400 | 0x800 | 0x80000;
    private const uint OwnerAndGroup = 0x1a0;

    private readonly int _fd;
    private readonly EpollLoop _loop;
    private readonly TimerFd _timer;
    private readonly Func<IReadOnlyList<MetricsSection>> _collect;
    private readonly Dictionary<(string Section, string Counter), long> _written = [];
    private readonly ArrayBufferWriter<byte> _line = new();
    private long _lostLines;

    /// <summary>Opens the file, which is made when it is not there.</summary>
    /// <exception cref="VmmFaultException">It cannot be opened.</exception>
    internal MetricsLog(string path, EpollLoop loop, Func<IReadOnlyList<MetricsSection>> collect)
    {
        _fd = Libc.open(path, OpenFlags, OwnerAndGroup);
        if (_fd < 0)
        {
            OsFaultException cause = OsFaultException.FromLastError("open", path);
            throw new VmmFaultException(ExitCode.FileFault, cause.Message, cause);
        }

        _loop = loop;
        _collect = collect;
        _timer = new TimerFd();
        _timer.Arm(FlushInterval, FlushInterval);
        loop.Add(_timer.Fd, EpollLoop.In, this, 0);
    }

    public void OnReady(uint events, uint token)
    {
        if (_timer.TryConsume())
        {
            Flush();
        }
    }

    /// <summary>Writes a line now. One that the file does not take is lost, and counted in the next.</summary>
    internal void Flush()
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            json.WriteNumber("utc_timestamp_ms", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            foreach (MetricsSection section in _collect())
            {
                Write(json, section);
            }

            Write(json, new MetricsSection("logger", [("missed_metrics_count", _lostLines)]));
            json.WriteEndObject();
        }

        _line.Write("\n"u8);
        ReadOnlySpan<byte> bytes = _line.WrittenSpan;
        // SAFETY: pinned for the call.
        fixed (byte* pointer = bytes)
        {
            _lostLines += Libc.write(_fd, pointer, (nuint)bytes.Length) == bytes.Length ? 0 : 1;
        }
    }

    public void Dispose()
    {
        Flush();
        _loop.Remove(_timer.Fd);
        _timer.Dispose();
        _ = Libc.close(_fd);
    }

    private void Write(Utf8JsonWriter json, MetricsSection section)
    {
        json.WriteStartObject(section.Name);
        foreach ((string name, long value) in section.Counters)
        {
            _written.TryGetValue((section.Name, name), out long before);
            json.WriteNumber(name, section.IsGauge ? value : value - before);
            _written[(section.Name, name)] = value;
        }

        json.WriteEndObject();
    }
}
