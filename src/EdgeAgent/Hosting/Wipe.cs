using MicroVm.EdgeAgent.Configuration;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>Deletes what a device has: keys first, then state and images. What is left is a mark that it was done.</summary>
internal static class Wipe
{
    private const string Mark = "decommissioned";

    /// <summary>True when the device was wiped; it stays so until somebody removes the mark.</summary>
    internal static bool IsDone(AgentOptions options) => File.Exists(MarkOf(options));

    /// <summary>Path of the mark.</summary>
    internal static string MarkOf(AgentOptions options) => Path.Combine(options.DataDirectory, Mark);

    /// <summary>Deletes everything. The mark comes first: a power loss in between must not bring the device back.</summary>
    internal static void Run(AgentOptions options)
    {
        File.WriteAllText(MarkOf(options), "This device was decommissioned and wiped. Remove this file to enrol it again.\n");
        Finish(options);
    }

    /// <summary>Deletes what a wipe that was cut off left.</summary>
    internal static void Finish(AgentOptions options)
    {
        Delete(Path.Combine(options.DataDirectory, "identity"));
        Interop.Libc.SyncDirectory(options.DataDirectory);
        foreach (string directory in (IEnumerable<string>)[options.DataDirectory, options.RunDirectory])
        {
            foreach (string entry in Directory.Exists(directory) ? Directory.GetFileSystemEntries(directory) : [])
            {
                if (Path.GetFileName(entry) is not (Mark or "agent.lock" or "lost+found"))
                {
                    Delete(entry);
                }
            }
        }

        Interop.Libc.SyncDirectory(options.DataDirectory);
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }
}
