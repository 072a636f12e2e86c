using System.Text;
using MicroVm.EdgeAgent.Interop;

namespace MicroVm.EdgeAgent.Update;

/// <summary>
/// The agent's slots on the disk: <c>a</c> and <c>b</c>, the link <c>current</c>, and the small files that say how an update
/// stands. A method that returned is durable; one that was cut off did nothing, or all of it.
/// </summary>
/// <param name="path">The directory of slots, <c>{data}/slots</c>.</param>
/// <param name="running">Slot that this process was started from.</param>
internal sealed class SlotDirectory(string path, AgentSlot running)
{
    /// <summary>Marks a slot as complete: written last.</summary>
    internal const string ReleaseFile = "release";

    private const string CurrentLink = "current", TrialFile = "trial", StartsFile = "starts", FailedFile = "failed", Next = ".new";

    /// <summary>Called before each change of the disk; tests let it throw.</summary>
    internal Action<string> BeforeChange { get; init; } = static _ => { };

    /// <summary>The directory.</summary>
    internal string Path { get; } = path;

    /// <summary>Where a slot's files are; not for <see cref="AgentSlot.Base"/>.</summary>
    internal string FolderOf(AgentSlot slot) => Join(SlotText.NameOf(slot));

    /// <summary>Where a slot's files are put together.</summary>
    internal string StagingOf(AgentSlot slot) => FolderOf(slot) + Next;

    /// <summary>What the disk says.</summary>
    internal UpdateDiskState Read()
    {
        AgentSlot current = CurrentSlot();
        return new UpdateDiskState
        {
            Running = running,
            RunningRelease = ReleaseIn(running),
            Current = current,
            Trial = SlotText.ReadTrial(TryRead(Join(TrialFile))),
            Starts = int.TryParse(TryRead(Join(StartsFile))?.Trim(), out int starts) ? starts : 0,
            Failed = SlotText.ReadFailed(TryRead(Join(FailedFile))),
            Spare = ReleaseIn(UpdateDecisions.SpareOf(running, current)),
        };
    }

    /// <summary>Empties a slot's place and the place where its files are put together, and makes the latter.</summary>
    internal void Clear(AgentSlot slot)
    {
        Change("clear");
        Directory.CreateDirectory(Path);
        // The mark goes first: what is left of a slot is never taken for a whole one.
        if (Directory.Exists(FolderOf(slot)))
        {
            File.Delete(System.IO.Path.Combine(FolderOf(slot), ReleaseFile));
        }

        foreach (string folder in (IEnumerable<string>)[FolderOf(slot), StagingOf(slot)])
        {
            if (Directory.Exists(folder))
            {
                Change("remove");
                Directory.Delete(folder, recursive: true);
            }
        }

        Directory.CreateDirectory(StagingOf(slot));
        Libc.SyncDirectory(Path);
    }

    /// <summary>Makes what was put together the slot. Its files have to be durable.</summary>
    internal void Complete(AgentSlot slot, SlotRelease release)
    {
        Write(System.IO.Path.Combine(StagingOf(slot), ReleaseFile), SlotText.Write(release));
        Change("complete");
        Libc.Rename(StagingOf(slot), FolderOf(slot));
        Libc.SyncDirectory(Path);
    }

    /// <summary>Removes what was put together and did not become a slot.</summary>
    internal void DiscardStaging()
    {
        foreach (string folder in (IEnumerable<string>)[StagingOf(AgentSlot.A), StagingOf(AgentSlot.B)])
        {
            if (Directory.Exists(folder))
            {
                Change("discard");
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>Begins a trial: from here on the launcher counts.</summary>
    internal void Arm(UpdateTrial trial)
    {
        Delete(StartsFile);
        Write(Join(TrialFile), SlotText.Write(trial));
    }

    /// <summary>Writes down why a trial's candidate gives up.</summary>
    internal void GiveUp(UpdateTrial trial, string reason) => Write(Join(TrialFile), SlotText.Write(trial with { Reason = reason }));

    /// <summary>Has the launcher start this slot from now on.</summary>
    internal void Switch(AgentSlot slot)
    {
        if (slot == AgentSlot.Base)
        {
            Delete(CurrentLink);
            return;
        }

        string next = Join(CurrentLink + Next);
        File.Delete(next);
        File.CreateSymbolicLink(next, SlotText.NameOf(slot));
        Change("switch");
        Libc.Rename(next, Join(CurrentLink));
        Libc.SyncDirectory(Path);
    }

    /// <summary>Remembers a release that does not work here.</summary>
    internal void RememberFailure(FailedRelease failed)
    {
        Directory.CreateDirectory(Path);
        Write(Join(FailedFile), SlotText.Write(failed));
    }

    /// <summary>Forgets it.</summary>
    internal void ForgetFailure() => Delete(FailedFile);

    /// <summary>Ends a trial. The count goes last: without a trial it means nothing.</summary>
    internal void EndTrial()
    {
        Delete(TrialFile);
        Delete(StartsFile);
    }

    private AgentSlot CurrentSlot()
    {
        try
        {
            return SlotText.SlotNamed(new FileInfo(Join(CurrentLink)).LinkTarget) ?? AgentSlot.Base;
        }
        catch (IOException)
        {
            return AgentSlot.Base;
        }
    }

    private SlotRelease? ReleaseIn(AgentSlot slot) =>
        slot == AgentSlot.Base ? null : SlotText.ReadRelease(TryRead(System.IO.Path.Combine(FolderOf(slot), ReleaseFile)));

    private string Join(string name) => System.IO.Path.Combine(Path, name);

    private void Change(string what) => BeforeChange(what);

    private void Delete(string name)
    {
        if (Directory.Exists(Path))
        {
            Change($"delete {name}");
            File.Delete(Join(name));
            Libc.SyncDirectory(Path);
        }
    }

    private void Write(string file, string text)
    {
        string next = file + Next;
        Change($"write {System.IO.Path.GetFileName(file)}");
        using (FileStream stream = new(next, FileMode.Create, FileAccess.Write))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        Change($"rename {System.IO.Path.GetFileName(file)}");
        Libc.Rename(next, file);
        Libc.SyncDirectory(System.IO.Path.GetDirectoryName(file)!);
    }

    private static string? TryRead(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
