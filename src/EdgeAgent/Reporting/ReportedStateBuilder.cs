using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Codecs;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Reporting;

/// <summary>
/// Makes the statuses that a device reports. A VM whose VMM is alive is reported as what runs, with what hinders its
/// replacement as the reason; any other as what it should become.
/// </summary>
internal static class ReportedStateBuilder
{
    private const string WorkloadEnded = nameof(WorkloadEnded), StartedAgain = nameof(StartedAgain), NotReady = nameof(NotReady),
        WaitsForSchedule = nameof(WaitsForSchedule);
    private const int MessageCharacters = 500;

    /// <summary>One status per VM that is known or desired, ordered by name.</summary>
    internal static IReadOnlyList<VmStatus> Build(DesiredState desired, IReadOnlyList<VmEntry> entries)
    {
        Dictionary<ResourceName, VmSpec> wanted = desired.Vms.ToDictionary(spec => spec.Name);
        Dictionary<ResourceName, VmEntry> known = entries.ToDictionary(entry => entry.Name);
        List<VmStatus> statuses = [];
        foreach (ResourceName name in wanted.Keys.Union(known.Keys).OrderBy(name => name.Value, StringComparer.Ordinal))
        {
            VmEntry entry = known.GetValueOrDefault(name) ?? new VmEntry(name);
            if (Describe(wanted.GetValueOrDefault(name), entry) is VmStatus status)
            {
                statuses.Add(status);
            }
        }

        return statuses;
    }

    private static VmStatus? Describe(VmSpec? desired, VmEntry entry)
    {
        VmRecord? record = entry.Record;
        VmInstance? instance = entry.Instance;
        VmSpec? shown = instance is null ? desired ?? record?.Spec : record?.Spec;
        if (shown is null)
        {
            return null;
        }

        bool recorded = record is not null && record.SpecDigest == shown.ContentDigest();
        VmRemark remark = Remark(entry, recorded ? record : null);
        VmPhase recordedPhase = recorded ? record!.Phase : VmPhase.Pending;
        return new VmStatus
        {
            Name = shown.Name,
            Deployment = shown.Deployment,
            Revision = shown.Revision,
            Phase = instance is null ? remark.Phase ?? recordedPhase : recordedPhase,
            Reason = remark.Reason,
            Message = ShortText.Of(remark.Message, MessageCharacters),
            Restarts = recorded ? record!.Restarts : 0,
            ImageDigest = shown.Image.Digest,
            MemoryMib = shown.MemoryMib,
            MemoryGrantedMib = instance is not null && MemoryDemand.IsElastic(shown) ? instance.Memory.GrantedMib : 0,
            VmmPid = instance?.Process.Pid ?? 0,
            LastExitCode = recorded ? record!.LastExitCode : null,
            Ready = IsReady(entry, recordedPhase),
            NextRunUnixMs = recorded ? record!.DueAt?.ToUnixTimeMilliseconds() : null,
        };
    }

    /// <summary>Null when a workload runs and its guest has not said yet: an agent that was started anew knows no better.</summary>
    private static bool? IsReady(VmEntry entry, VmPhase phase) =>
        entry.Instance is null || phase != VmPhase.Running ? false : entry.Health?.Ready;

    private static VmRemark Remark(VmEntry entry, VmRecord? record)
    {
        if (entry.Remark is VmRemark said)
        {
            return said;
        }

        return record?.Exit switch
        {
            null when record is { Phase: VmPhase.Starting, Crashes: > 0 } => new VmRemark(
                null, StartedAgain, $"ended or failed {record.Crashes} times in a row{(record.LastExitCode is int last ? $", last with code {last}" : "")}"),
            null => OfRun(entry, record),
            VmExit when record is { Phase: VmPhase.BackOff, Crashes: >= VmEventDecisions.CrashLoopAfter } =>
                new VmRemark(null, VmEventDecisions.CrashLoop, VmEventDecisions.TextOfCrashLoop(record)),
            { IsFailure: false } exit => new VmRemark(null, record.Phase == VmPhase.BackOff ? WorkloadEnded : "", exit.Message),
            VmExit exit => new VmRemark(null, exit.Reason, exit.Text),
        };
    }

    private static VmRemark OfRun(VmEntry entry, VmRecord? record) => record switch
    {
        { Phase: VmPhase.Running } when entry.Health is { Ready: false } health => new VmRemark(null, NotReady, health.Message),
        { Run: null, DueAt: DateTimeOffset due } => new VmRemark(null, WaitsForSchedule, $"runs next at {due:yyyy-MM-dd HH:mm} UTC"),
        _ when entry.Instance is { Handicap.Length: > 0 } instance =>
            new VmRemark(null, Networks.NetworkFaultException.NetworkUnavailable, instance.Handicap),
        _ => new VmRemark(null, "", ""),
    };
}
