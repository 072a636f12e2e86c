using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Reporting;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Vms;
using MicroVm.EdgeAgent.Volumes;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Local;

/// <summary>Answers from what the agent knows.</summary>
internal sealed class LocalRequests(
    AgentOptions options, DesiredIntake intake, PauseSwitch pause, VmTable table, IAgentStore store, MqttLink link, UplinkSequence sequence,
    LogStore logs, VolumeStore volumes, LocalLook look, EventLog events, AgentCounters counters, ProcFileSystem proc, TimeProvider time, ILogger logger) : ILocalRequests
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<string> AnswerAsync(
        LocalRequest request, PeerCredentials peer, [EnumeratorCancellation] CancellationToken cancellation)
    {
        switch (request.Verb)
        {
            case LocalVerb.Status:
                yield return LocalDocuments.OfStatus(Status());
                break;
            case LocalVerb.Vms:
                foreach (VmStatus vm in ReportedStateBuilder.Build(intake.Current, table.All()))
                {
                    yield return LocalDocuments.OfVm(vm, vm.VmmPid == 0 ? 0 : proc.ReadResidentBytes(vm.VmmPid), look.AddressOf(vm.Name));
                }

                break;
            case LocalVerb.Events:
                foreach (DeviceEvent happened in events.Recent())
                {
                    yield return LocalDocuments.OfEvent(happened);
                }

                break;
            case LocalVerb.Logs:
                LogRing? ring = table.Find(request.Vm) is null ? logs.Find(request.Vm) : logs.Open(request.Vm);
                await foreach (SessionLogEntry line in LogLines.ReadAsync(ring, request.Tail, request.Follow, cancellation))
                {
                    yield return LocalDocuments.OfLine(line);
                }

                break;
            case LocalVerb.Pause:
                pause.Hold(peer.Uid, request.Reason, time.GetUtcNow());
                Log.Paused(logger, pause.Text ?? "");
                break;
            case LocalVerb.Resume:
                pause.Release();
                Log.Resumed(logger, peer.Uid);
                break;
        }
    }

    private LocalStatus Status()
    {
        IReadOnlyList<VmEntry> known = table.All();
        SpoolUsage spool = store.ReadSpoolUsage();
        ControlPlaneOptions remote = options.ControlPlane;
        return new LocalStatus
        {
            Device = options.DeviceId.Value,
            AgentVersion = AgentVersion.Text,
            Update = look.Update(),
            BootId = sequence.BootId,
            Generation = intake.Current.Generation,
            Digest = intake.HeldDigest.Value,
            IsConnected = link.IsConnected,
            ControlPlane = $"{remote.MqttHost}:{remote.MqttPort}",
            Paused = pause.Text,
            Vms = ReportedStateBuilder.Build(intake.Current, known).Count,
            Running = known.Count(static entry => entry.Instance is not null),
            SpooledBatches = spool.Rows,
            SpooledBytes = spool.Bytes,
            ReconcilePasses = counters.ReconcilePasses.Value,
            Link = look.Link(),
            Host = look.Host(),
            Network = look.Network(),
            Images = look.Images(),
            Volumes = [.. volumes.List().Select(file => new LocalVolume(file, VolumeReport.IsDesired(intake.Current, file)))],
            Counters = [.. Counters(spool.Losses).Where(static counter => counter.Value != 0)],
        };
    }

    private (string Name, long Value)[] Counters(TelemetryLosses losses) =>
    [
        ("refusedDownlinks", counters.RefusedDownlinks.Value), ("refusedGenerations", counters.RefusedGenerations.Value),
        ("guestFaults", counters.GuestFaults.Value), ("reconcileFaults", counters.ReconcileFaults.Value),
        ("storeFaults", counters.StoreFaults.Value), ("digestMismatches", counters.DigestMismatches.Value),
        ("droppedBatches", counters.DroppedBatches.Value), ("refusedBatches", counters.RefusedBatches.Value),
        ("droppedLogLines", counters.DroppedLogLines.Value), ("stoppedOrphans", counters.StoppedOrphans.Value),
        ("refusedNameQueries", counters.RefusedNameQueries.Value), ("refusedMetrics", counters.RefusedMetrics.Value),
        ("lostSamples", (long)losses.Samples), ("lostMetrics", (long)losses.Metrics), ("lostEvents", (long)losses.Events),
    ];
}
