using Microsoft.Win32.SafeHandles;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Sessions;

namespace MicroVm.EdgeAgent.Logs;

/// <summary>
/// The log of one VM on the disk, over all its runs: segments, of which the newest is written and the oldest are deleted. A line is
/// written with one call and so survives the agent; it survives a power cut once it is synchronised, and nobody outside the device is
/// shown it before (<see cref="Sync"/>), so that a cursor never names two lines. Any thread may call.
/// </summary>
internal sealed partial class LogRing : IDisposable
{
    /// <summary>More lines than this are not believed to have been lost at once: a guest may say any number.</summary>
    private const ulong LargestBelievedGap = 1_000_000;

    private readonly string _directory;
    private readonly LogLimits _limits;
    private readonly Lock _lock = new();
    private readonly List<LogSegment> _segments;
    private byte[]? _record;
    private SafeFileHandle? _active;
    private LogPosition _position;
    private ulong _next;
    private ulong _synced;
    private bool _gone;
    private TaskCompletionSource? _changed;

    private LogRing(string directory, LogLimits limits, List<LogSegment> segments, ulong next, LogPosition position)
    {
        (_directory, _limits, _segments, _next, _position) = (directory, limits, segments, next, position);
        _synced = next - 1;
    }

    /// <summary>The last line that is kept, as its guest counts.</summary>
    internal LogPosition Position
    {
        get
        {
            lock (_lock)
            {
                return _position;
            }
        }
    }

    /// <summary>Cursor of the last line; 0 when there was never one.</summary>
    internal ulong LastCursor
    {
        get
        {
            lock (_lock)
            {
                return _next - 1;
            }
        }
    }

    /// <summary>Opens a log or begins one. What a power cut tore off the end is cut off.</summary>
    /// <exception cref="StoreException">The directory or its files cannot be used.</exception>
    internal static LogRing Open(string directory, LogLimits limits) => Guard(directory, () =>
    {
        Directory.CreateDirectory(directory);
        List<LogSegment> segments = LogSegment.Find(directory);
        ulong next = segments.Count > 0 ? segments[^1].First : 1;
        LogPosition position = default;
        bool found = false;
        for (int i = segments.Count - 1; i >= 0 && !found; i--)
        {
            (long good, ulong last, LogPosition reached) = Scan(segments[i]);
            if (i == segments.Count - 1)
            {
                Cut(segments[i], good);
                next = last > 0 ? last + 1 : next;
            }

            segments[i] = segments[i] with { Length = good };
            (found, position) = (reached.Run != Guid.Empty, reached);
        }

        return new LogRing(directory, limits, segments, next, position);
    });

    /// <summary>Keeps a line unless it is a repeat.</summary>
    /// <param name="run">The guest's run.</param>
    /// <param name="line">The line; its text is not too long.</param>
    /// <param name="lost">Lines between the last one and this that never came.</param>
    /// <returns>False for a repeat.</returns>
    /// <exception cref="StoreException">It could not be kept; nothing changed.</exception>
    internal bool Append(Guid run, GuestLogLine line, out ulong lost)
    {
        TaskCompletionSource? changed;
        lock (_lock)
        {
            ulong before = run == _position.Run ? _position.Sequence : 0;
            lost = 0;
            if (line.Sequence <= before)
            {
                return false;
            }

            lost = Math.Min(line.Sequence - before - 1, LargestBelievedGap);
            ulong cursor = _next + lost;
            Guard(_directory, () =>
            {
                Write(run, cursor, line);
                return true;
            });
            (_next, _position) = (cursor + 1, new LogPosition(run, line.Sequence));
            (changed, _changed) = (_changed, null);
        }

        changed?.TrySetResult();
        return true;
    }

    /// <summary>Makes what was written so far survive a power cut.</summary>
    /// <returns>Cursor of the last line that does.</returns>
    /// <exception cref="StoreException">The disk refused.</exception>
    internal ulong Sync()
    {
        SafeFileHandle? active;
        ulong last;
        lock (_lock)
        {
            (active, last) = (_active, _next - 1);
            if (_synced >= last || active is null)
            {
                return _synced;
            }
        }

        try
        {
            // Not under the lock: a disk may take long, and guests go on writing meanwhile.
            Guard(_directory, () =>
            {
                RandomAccess.FlushToDisk(active);
                return true;
            });
        }
        catch (ObjectDisposedException)
        {
            // A segment is synchronised before its file is closed.
        }

        lock (_lock)
        {
            return _synced = Math.Max(_synced, last);
        }
    }

    /// <summary>Completes when there is a line behind a cursor, or when the log is gone.</summary>
    internal Task WaitAsync(ulong after, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_next - 1 > after || _gone)
            {
                return Task.CompletedTask;
            }

            _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _changed.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Deletes what has not been written to for too long.</summary>
    /// <param name="now">The device's clock.</param>
    /// <returns>True when no line is left.</returns>
    /// <exception cref="StoreException">A file cannot be deleted.</exception>
    internal bool Age(DateTimeOffset now)
    {
        lock (_lock)
        {
            return Guard(_directory, () =>
            {
                while (_segments.Count > 0 && IsOld(_segments[0], now))
                {
                    if (_segments.Count == 1 && !IsEmpty(_segments[0]))
                    {
                        // Cursors and the position go on where they were.
                        Rotate(_next);
                    }
                    else if (_segments.Count == 1)
                    {
                        return true;
                    }

                    DeleteOldest();
                }

                return _segments.Count == 0 || (_segments.Count == 1 && IsEmpty(_segments[0]));
            });
        }
    }

    /// <summary>Lets go of the file until the next line; what was written is on the disk then.</summary>
    internal void Release()
    {
        lock (_lock)
        {
            Guard(_directory, () =>
            {
                Close();
                return true;
            });
        }
    }

    /// <summary>Deletes everything. Whoever follows is told.</summary>
    internal void Delete()
    {
        lock (_lock)
        {
            _gone = true;
            _active?.Dispose();
            _active = null;
            _segments.Clear();
            Guard(_directory, () =>
            {
                Directory.Delete(_directory, recursive: true);
                return true;
            });
            _changed?.TrySetResult();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Release();
        }
        catch (StoreException)
        {
            // The disk does not take it; the next start cuts what it did not.
        }
    }

    private static T Guard<T>(string directory, Func<T> body)
    {
        try
        {
            return body();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OsFaultException)
        {
            throw new StoreException($"log {directory}: {e.Message}", e);
        }
    }
}
