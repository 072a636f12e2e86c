using System.Runtime.CompilerServices;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Sessions;

namespace MicroVm.EdgeAgent.Logs;

/// <summary>The lines of a log for somebody on the device.</summary>
internal static class LogLines
{
    private const int Batch = 64;

    /// <summary>Lines of the past and, when they are followed, those to come until cancelled.</summary>
    /// <exception cref="StoreException">The files cannot be read.</exception>
    internal static async IAsyncEnumerable<SessionLogEntry> ReadAsync(
        LogRing? ring, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (ring is null)
        {
            yield break;
        }

        ulong last = follow ? ulong.MaxValue : ring.LastCursor;
        using LogReader reader = new(ring, ring.CursorBefore(tail));
        while (!ring.IsGone)
        {
            IReadOnlyList<SessionLogEntry> lines = reader.Read(Math.Min(last, ring.LastCursor), Batch);
            foreach (SessionLogEntry line in lines)
            {
                yield return line;
            }

            if (lines.Count > 0)
            {
                continue;
            }

            if (!follow)
            {
                yield break;
            }

            await ring.WaitAsync(reader.Cursor, cancellation);
        }
    }
}
