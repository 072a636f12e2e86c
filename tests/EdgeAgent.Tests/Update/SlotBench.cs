using System.Diagnostics;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Update;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.Update;

/// <summary>
/// A device with real slots, the real launcher, and agents that only say which slot they were started from. Power fails at
/// a change of the disk that the test names.
/// </summary>
internal sealed class SlotBench : IDisposable
{
    internal static readonly AgentTarget Target = new(ReleaseVersion.Parse("2.0.0"), Digest.Of("new"u8), 1);
    private static readonly SlotRelease s_old = new(ReleaseVersion.Parse("1.0.0"), Digest.Of("old"u8));
    private readonly TempDirectory _directory = new();
    private int _changes;

    /// <param name="first">Where the agent is that works.</param>
    internal SlotBench(AgentSlot first)
    {
        Directory.CreateDirectory(_directory["package"]);
        File.Copy(Artifacts.Deploy("systemd/microvm-launch.sh"), _directory["package/microvm-launch"]);
        WriteProgram(_directory["package/microvm-agent"], "echo $MICROVM_SLOT");
        // What the launcher makes durable is of no interest here, and the whole machine's disks are slow.
        Directory.CreateDirectory(_directory["bin"]);
        WriteProgram(_directory["bin/sync"], ":");
        if (first != AgentSlot.Base)
        {
            SlotDirectory slots = Slots(AgentSlot.Base);
            Fill(slots, first, s_old);
            slots.Switch(first);
        }

        _changes = 0;
    }

    /// <summary>Power fails before this change of the disk; 0 for never.</summary>
    internal int CutBefore { get; set; }

    /// <summary>Changes of the disk so far.</summary>
    internal int Changes => _changes;

    /// <summary>What the new agent does: the reason why it gives up, <c>crash</c>, or nothing when it works.</summary>
    internal string NewAgent { get; init; } = "";

    /// <summary>The launcher reads the slots of another data directory.</summary>
    internal bool HasForeignLauncher { get; init; }

    /// <summary>The launcher's disk takes no byte.</summary>
    internal bool IsFull { get; init; }

    /// <summary>How often the new agent was started.</summary>
    internal int NewStarts { get; private set; }

    internal string Slot(string name) => Path.Combine(_directory["data/slots"], name);

    /// <summary>The slots as an agent in one of them sees them.</summary>
    internal SlotDirectory Slots(AgentSlot running) => new(_directory["data/slots"], running) { BeforeChange = OnChange };

    /// <summary>Has the launcher start an agent; says from which slot it did.</summary>
    internal AgentSlot Launch()
    {
        // As on a full disk, files can be made, and writing to them fails.
        string[] launch = IsFull ? ["-c", "trap '' XFSZ; ulimit -f 0; exec /bin/sh \"$0\"", _directory["package/microvm-launch"]] : [_directory["package/microvm-launch"]];
        ProcessStartInfo start = new("/bin/sh", launch) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MICROVM_DATA"] = _directory[HasForeignLauncher ? "elsewhere" : "data"];
        start.Environment["PATH"] = $"{_directory["bin"]}:/usr/bin:/bin";
        using Process process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return SlotText.SlotNamed(said) ?? AgentSlot.Base;
    }

    /// <summary>Starts agents until one stays that has nothing more to do; says from which slot it runs.</summary>
    internal AgentSlot RunUntilQuiet()
    {
        for (int starts = 0; starts < 40; starts++)
        {
            AgentSlot slot = Launch();
            try
            {
                if (Live(slot))
                {
                    return slot;
                }
            }
            catch (PowerCutException)
            {
                // The next start has to make sense of what is on the disk.
            }
        }

        throw new InvalidOperationException("forty agents were started and none was done");
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>One agent's life; true when it has nothing more to do.</summary>
    private bool Live(AgentSlot slot)
    {
        SlotDirectory slots = Slots(slot);
        bool isNew = slots.Read().RunningRelease?.Digest == Target.Digest;
        NewStarts += isNew ? 1 : 0;
        if (isNew && NewAgent == "crash")
        {
            return false;
        }

        TimeSpan uptime = TimeSpan.Zero;
        bool hasSwitched = false;
        for (int step = 0; step < 100; step++)
        {
            UpdateDiskState disk = slots.Read();
            UpdateDecision decision = UpdateDecisions.Next(new UpdateFacts
            {
                Disk = disk,
                Target = Target,
                RunningVersion = isNew ? Target.Version : s_old.Version,
                IsFetched = true,
                HasLauncher = true,
                HasSwitched = hasSwitched,
                IsConnected = !isNew || NewAgent.Length == 0,
                IsReconciling = true,
                Uptime = uptime,
                Options = UpdateOptions.Default,
            });
            switch (decision.Step)
            {
                case UpdateStep.None: return true;
                case UpdateStep.Restart: return false;
                case UpdateStep.Wait: uptime += TimeSpan.FromSeconds(100); break;
                case UpdateStep.Prepare: Fill(slots, disk.SpareSlot, new SlotRelease(Target.Version, Target.Digest)); break;
                case UpdateStep.Arm: slots.Arm(new UpdateTrial(disk.Running, disk.SpareSlot, Target.Version, Target.Digest, true)); break;
                case UpdateStep.SwitchToCandidate: slots.Switch(disk.Trial!.Candidate); hasSwitched = true; break;
                case UpdateStep.SwitchBack: slots.Switch(disk.Trial!.Previous); break;
                case UpdateStep.GiveUp: slots.GiveUp(disk.Trial!, decision.Reason); break;
                case UpdateStep.Accept or UpdateStep.DropTrial: slots.EndTrial(); break;
                case UpdateStep.RememberFailure: slots.RememberFailure(new FailedRelease(disk.Trial!.Version, disk.Trial.Digest, decision.Reason)); break;
                default: throw new InvalidOperationException($"{decision.Step} is not expected");
            }
        }

        throw new InvalidOperationException("a hundred steps and no end");
    }

    private static void Fill(SlotDirectory slots, AgentSlot slot, SlotRelease release)
    {
        slots.Clear(slot);
        WriteProgram(Path.Combine(slots.StagingOf(slot), "microvm-agent"), "echo $MICROVM_SLOT");
        slots.Complete(slot, release);
    }

    private static void WriteProgram(string path, string body)
    {
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private void OnChange(string what)
    {
        if (++_changes == CutBefore)
        {
            throw new PowerCutException();
        }
    }

    private sealed class PowerCutException : Exception;
}
