using System.Text;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Interop;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>
/// Deletes what a device has: keys first, then state and images. What is left is a mark that it was done.
/// <code>
/// (none) ── the command came ──► decommissioning ── no VM runs any more ──► decommissioned
/// </code>
/// Each mark is durable before anything follows from it: whatever cuts this off, the next start goes on where it was.
/// </summary>
internal static class Wipe
{
    private const string BegunMark = "decommissioning", DoneMark = "decommissioned";

    /// <summary>True when the device is to be wiped as soon as no VM runs on it.</summary>
    internal static bool IsBegun(AgentOptions options) => File.Exists(BegunMarkOf(options));

    /// <summary>True when the device was wiped; it stays so until somebody removes the mark.</summary>
    internal static bool IsDone(AgentOptions options) => File.Exists(MarkOf(options));

    /// <summary>Path of the mark of a device that was wiped.</summary>
    internal static string MarkOf(AgentOptions options) => Path.Combine(options.DataDirectory, DoneMark);

    /// <summary>From here on the device is to be wiped, over every restart; returns why that could not be made durable, or nothing.</summary>
    internal static string TryBegin(AgentOptions options)
    {
        string mark = BegunMarkOf(options);
        bool isBegun = IsBegun(options);
        try
        {
            if (!isBegun)
            {
                WriteBegunMark(mark);
            }

            Libc.SyncDirectory(options.DataDirectory);
            return "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OsFaultException)
        {
            if (!isBegun)
            {
                // What is refused must not be done after the next start.
                TryDelete(mark);
            }

            return $"{mark}: cannot be written: {e.Message}";
        }
    }

    /// <summary>Deletes everything; no VM runs. The mark comes first: a power loss in between must not bring the device back.</summary>
    /// <returns>What could not be deleted, and why.</returns>
    internal static IReadOnlyList<string> Run(AgentOptions options)
    {
        // It is there already, so that this needs no room on a full disk.
        File.Move(BegunMarkOf(options), MarkOf(options), overwrite: true);
        Libc.SyncDirectory(options.DataDirectory);
        return Finish(options);
    }

    /// <summary>Deletes what a wipe that was cut off left.</summary>
    /// <returns>What could not be deleted, and why.</returns>
    internal static IReadOnlyList<string> Finish(AgentOptions options)
    {
        List<string> faults = [];
        Delete(Path.Combine(options.DataDirectory, "identity"), faults);
        Try(options.DataDirectory, Libc.SyncDirectory, faults);
        foreach (string directory in (IEnumerable<string>)[options.DataDirectory, options.RunDirectory])
        {
            Try(directory, path => Empty(path, static name => name is DoneMark or "agent.lock" or "lost+found", faults), faults);
        }

        Try(options.DataDirectory, Libc.SyncDirectory, faults);
        return [.. faults.Distinct()];
    }

    private static string BegunMarkOf(AgentOptions options) => Path.Combine(options.DataDirectory, BegunMark);

    private static void WriteBegunMark(string mark)
    {
        string next = mark + ".new";
        using (FileStream file = new(next, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes("This device is decommissioned, and wiped once this file is called decommissioned. Remove it then to enrol it again.\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, mark, overwrite: true);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk takes nothing at all.
        }
    }

    /// <summary>Deletes what is in a directory; false when something stays.</summary>
    private static bool Empty(string directory, Func<string, bool> isKept, List<string> faults)
    {
        bool isEmpty = true;
        foreach (string entry in Directory.GetFileSystemEntries(directory).Where(entry => !isKept(Path.GetFileName(entry))))
        {
            isEmpty &= Delete(entry, faults);
        }

        return isEmpty;
    }

    /// <summary>Deletes a file, or a directory with what is in it; false when it stays. That does not keep the rest.</summary>
    private static bool Delete(string path, List<string> faults)
    {
        bool isGone = true;
        return Try(path, path => isGone = DeleteNow(path, faults), faults) && isGone;
    }

    private static bool DeleteNow(string path, List<string> faults)
    {
        if ((File.GetAttributes(path) & (FileAttributes.Directory | FileAttributes.ReparsePoint)) != FileAttributes.Directory)
        {
            File.Delete(path);
            return true;
        }

        if (!Empty(path, static _ => false, faults))
        {
            return false;
        }

        try
        {
            Directory.Delete(path);
            return true;
        }
        catch (IOException e) when (e.HResult == Errno.EBUSY)
        {
            // A file system of its own is mounted there, and has nothing of the device any more.
            return false;
        }
    }

    private static bool Try(string path, Action<string> action, List<string> faults)
    {
        try
        {
            action(path);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OsFaultException)
        {
            faults.Add($"{path}: {e.Message}");
            return false;
        }
    }
}
