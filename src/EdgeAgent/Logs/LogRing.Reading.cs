using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Sessions;

namespace MicroVm.EdgeAgent.Logs;

internal sealed partial class LogRing
{
    /// <summary>The newest lines, oldest first, those included that a power cut could still take.</summary>
    /// <exception cref="StoreException">The files cannot be read.</exception>
    internal IReadOnlyList<SessionLogEntry> Last(int count)
    {
        using LogReader reader = new(this, CursorBefore(count));
        List<SessionLogEntry> lines = [];
        ulong upTo = LastCursor;
        while (lines.Count < count && reader.Read(upTo, count - lines.Count) is { Count: > 0 } some)
        {
            lines.AddRange(some);
        }

        return lines;
    }

    /// <summary>The cursor behind which the newest <paramref name="count"/> lines are.</summary>
    /// <exception cref="StoreException">The files cannot be read.</exception>
    internal ulong CursorBefore(int count)
    {
        LogSegment[] segments = Segments();
        ulong last = LastCursor;
        int left = count;
        ulong before = last;
        for (int i = segments.Length - 1; i >= 0 && left > 0; i--)
        {
            List<ulong> cursors = CursorsOf(segments[i]);
            int take = Math.Min(left, cursors.Count);
            left -= take;
            before = take > 0 ? cursors[^take] - 1 : before;
        }

        return before;
    }

    /// <summary>Whether the log has been deleted.</summary>
    internal bool IsGone
    {
        get
        {
            lock (_lock)
            {
                return _gone;
            }
        }
    }

    /// <summary>The segments as they are now.</summary>
    internal LogSegment[] Segments()
    {
        lock (_lock)
        {
            return [.. _segments];
        }
    }

    private List<ulong> CursorsOf(LogSegment segment) => Guard(_directory, () =>
    {
        List<ulong> cursors = [];
        try
        {
            using LogSegmentReader reader = new(segment.Path);
            while (reader.TryRead(segment.Length, out LogRecord record))
            {
                if (record.Kind == LogRecordKind.Line)
                {
                    cursors.Add(record.Cursor);
                }
            }
        }
        catch (FileNotFoundException)
        {
            // It has been deleted meanwhile.
        }

        return cursors;
    });
}
