using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>
/// Bounds the files that a running VM makes grow: its serial log, which a guest may write to for ever, and what its VMM logs.
/// A file over the bound is emptied in place, because the VMM holds it open for appending; its end is kept beside it.
/// </summary>
internal sealed class OutputCap(VmTable table, VmPaths paths, TimeProvider time, ILogger logger)
{
    /// <summary>A file that is larger is emptied.</summary>
    internal const int LargestBytes = 1 << 20;

    /// <summary>Bytes of its end that are kept.</summary>
    internal const int KeptBytes = 64 << 10;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

    /// <summary>Looks at the files for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Apply();
            await Task.Delay(s_period, time, cancellation);
        }
    }

    /// <summary>Looks at the files of every running VM once.</summary>
    internal void Apply()
    {
        foreach (VmEntry entry in table.All())
        {
            if (entry.Instance is not null)
            {
                Bound(entry.Name, paths.Serial(entry.Name));
                Bound(entry.Name, paths.VmmLog(entry.Name));
                Bound(entry.Name, paths.VmmOutput(entry.Name));
            }
        }
    }

    private void Bound(ResourceName vm, string path)
    {
        FileInfo info = new(path);
        if (!info.Exists || info.Length <= LargestBytes)
        {
            return;
        }

        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            long length = file.Length;
            file.Position = length - KeptBytes;
            byte[] end = new byte[KeptBytes];
            file.ReadExactly(end);
            File.WriteAllBytes(VmPaths.Earlier(path), end);
            file.SetLength(0);
            Log.OutputEmptied(logger, vm.Value, path, length, KeptBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.OutputNotEmptied(logger, vm.Value, path, e.Message);
        }
    }
}
