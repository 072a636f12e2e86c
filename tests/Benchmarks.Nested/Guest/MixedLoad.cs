using System.Diagnostics;

namespace MicroVm.Benchmarks.Nested.Guest;

/// <summary>Block and network requests of every kind, for some time: what a VMM must bear without growing.</summary>
internal static class MixedLoad
{
    internal static void Run(int seconds)
    {
        Action[] works =
        [
            BlockLoad.Prepare(writes: false, 4096, 200, "random"),
            BlockLoad.Prepare(writes: true, 4096, 200, "random"),
            BlockLoad.Prepare(writes: false, 128 << 10, 20, "sequential"),
            BlockLoad.Prepare(writes: true, 128 << 10, 20, "sequential"),
            NetLoad.PrepareDatagrams(100),
            NetLoad.PrepareStream(vsock: false, "echo", 100),
            NetLoad.PrepareStream(vsock: false, "out", 2),
            NetLoad.PrepareStream(vsock: false, "in", 2),
        ];
        Stopwatch watch = Stopwatch.StartNew();
        do
        {
            foreach (Action work in works)
            {
                work();
            }
        }
        while (watch.Elapsed.TotalSeconds < seconds);
    }
}
