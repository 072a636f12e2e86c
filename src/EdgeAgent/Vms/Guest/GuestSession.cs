using System.Text;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Logs;
using MicroVm.Shared.Codecs;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Faults;

namespace MicroVm.EdgeAgent.Vms.Guest;

/// <summary>
/// The conversation with the guest of one run, over however many connections. Gives it its configuration, keeps what it
/// says and, when asked, tells it to stop, now or when it connects.
/// </summary>
internal sealed class GuestSession(
    VmEntry entry, VmSpec spec, GuestConfigBuilder configs, VmTable table, LogSource log, LogStore logs, TimeProvider time, ILogger logger)
    : IGuestHandler
{
    private const int MessageCharacters = 300;

    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopRequested;
    private volatile bool _keepsTime;

    /// <summary>Raised when the workload has ended and its record says so.</summary>
    internal event Action? WorkloadEnded;

    /// <summary>The agent wants this run to end.</summary>
    internal bool StopRequested => _stopRequested;

    /// <summary>Where the run's log lines have got to.</summary>
    internal LogSource Source => log;

    /// <summary>The run's record is there; until then the guest's messages wait.</summary>
    internal void Begin() => _begun.TrySetResult();

    /// <summary>The guest takes a <see cref="GuestClock"/>.</summary>
    internal bool KeepsTime => _keepsTime;

    /// <summary>The device's time, for the guest.</summary>
    internal GuestClock Clock() => new((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>From now on the guest is told to stop; returns what to tell it when it is connected.</summary>
    internal GuestShutdown RequestStop()
    {
        _stopRequested = true;
        return new GuestShutdown(spec.GracePeriodSeconds);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<GuestMessage>> OnHelloAsync(GuestHello hello, CancellationToken cancellation)
    {
        await _begun.Task.WaitAsync(cancellation);
        Log.GuestConnected(logger, entry.Name.Value, Shorten(hello.InitVersion), hello.State.ToString());
        _keepsTime = hello.ProtocolVersion > GuestHello.OldestProtocolVersion;
        List<GuestMessage> answers = [];
        if (hello.State == GuestState.AwaitingConfig)
        {
            answers.Add(configs.Build(spec));
        }
        else if (hello.State == GuestState.Running)
        {
            NoteRunning();
        }

        if (_keepsTime)
        {
            answers.Add(Clock());
        }

        if (_stopRequested)
        {
            answers.Add(new GuestShutdown(spec.GracePeriodSeconds));
        }

        return answers;
    }

    /// <inheritdoc/>
    public async ValueTask<GuestMessage?> OnMessageAsync(GuestMessage message, CancellationToken cancellation)
    {
        switch (message)
        {
            case GuestStarted started:
                Log.WorkloadStarted(logger, entry.Name.Value, started.Pid);
                NoteRunning();
                return null;
            case GuestLogLine line:
                return TakeLine(line);
            case GuestHealth health:
                table.SetHealth(entry, new VmHealth(health.StartedUp, health.Ready, Shorten(health.Message)));
                return null;
            case GuestMetrics metrics:
                entry.Metrics = metrics;
                return null;
            case GuestExited exited:
                NoteExit(exited);
                return new GuestExitAck();
            default:
                throw new WireFormatException($"guest channel: expected a message of a guest, found {message.GetType().Name}");
        }
    }

    private GuestLogAck? TakeLine(GuestLogLine line)
    {
        int bytes = Encoding.UTF8.GetByteCount(line.Text);
        if (line.Sequence == 0 || bytes > LogLine.MaxTextBytes)
        {
            throw new WireFormatException(
                $"guest log line: expected a sequence from 1 and at most {LogLine.MaxTextBytes} bytes, found {line.Sequence} and {bytes}");
        }

        ulong? kept = logs.Take(log, line, out bool isNew);
        if (isNew && line.Stream == LogStream.Stderr)
        {
            entry.AddErrorLine();
        }

        return kept is ulong sequence ? new GuestLogAck(sequence) : null;
    }

    private void NoteRunning()
    {
        table.Note(
            entry, record => record.Phase == VmPhase.Starting && IsThisRun(record) ? record with { Phase = VmPhase.Running } : record);
        if (!_keepsTime)
        {
            // An init of that age knows no probes and says nothing of them.
            table.SetHealth(entry, new VmHealth(StartedUp: true, Ready: true, ""));
        }
    }

    /// <summary>Throws when the store refuses: an exit is acknowledged only once it is durable.</summary>
    private void NoteExit(GuestExited exited)
    {
        string message = Shorten(exited.Message);
        Log.WorkloadExited(logger, entry.Name.Value, exited.ExitCode, message);
        table.Save(entry, record => record is not null && IsThisRun(record) && record.Exit is null
            ? record with { Exit = new VmExit(exited.ExitCode, message, time.GetUtcNow(), exited.Cause), LastExitCode = exited.ExitCode }
            : record!);
        WorkloadEnded?.Invoke();
    }

    private bool IsThisRun(VmRecord record) => record.Run?.Id == log.RunId;

    private static string Shorten(string text) => ShortText.Of(text, MessageCharacters, "…");
}
