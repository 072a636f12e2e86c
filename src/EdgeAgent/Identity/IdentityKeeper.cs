using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.Shared.Contracts.Enrolment;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Identity;

/// <summary>
/// Enrols the device when it is not, and renews its certificate for ever after. VMs wait for none of it: what the device holds goes
/// on running with no identity, and with one that ended.
/// </summary>
internal sealed class IdentityKeeper(IdentityStore identity, EnrolmentClient client, TimeProvider time, ILogger logger)
{
    /// <summary>Doublings of the longest pause between attempts to renew: up to about half an hour.</summary>
    private const int MaxPauseFactor = 32;

    private readonly AsyncSignal _look = new();
    private readonly long _startedAt = time.GetTimestamp();
    private long? _gotAt;
    private volatile string _fault = "";

    /// <summary>Why the last attempt to enrol or renew failed; empty when it did not.</summary>
    internal string Fault => _fault;

    /// <summary>Runs for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        identity.Changed += _look.Set;
        int failures = 0;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                TimeSpan wait = identity.Current is AgentIdentity current ? await RenewAsync(current, cancellation) : await EnrolAsync(cancellation);
                failures = 0;
                _fault = "";
                await _look.WaitAsync(wait, time, cancellation);
            }
            catch (Exception e) when (e is EnrolmentException or IOException or Configuration.ConfigurationException)
            {
                TimeSpan pause = JitteredBackOff.Delay(failures, Random.Shared.NextDouble()) * Math.Min(MaxPauseFactor, 1 << Math.Min(failures / 2, 5));
                failures++;
                _fault = e.Message;
                Log.IdentityRefused(logger, identity.Current is null ? "enrolment" : "renewal", e.Message, pause.TotalSeconds);
                await Task.Delay(pause, time, cancellation);
            }
        }
    }

    private async Task<TimeSpan> EnrolAsync(CancellationToken cancellation)
    {
        EnrolmentAnswer answer = await client.EnrolAsync(cancellation);
        if (answer.Certificate.Length == 0)
        {
            TimeSpan wait = TimeSpan.FromSeconds(Math.Clamp(answer.RetrySeconds, 1, 600));
            Log.WaitsForApproval(logger, wait.TotalSeconds);
            return wait;
        }

        Keep(answer);
        Log.Enrolled(logger, identity.Current!.Certificate.NotAfter.ToUniversalTime(), identity.Current.Trust.Version);
        return TimeSpan.Zero;
    }

    private async Task<TimeSpan> RenewAsync(AgentIdentity current, CancellationToken cancellation)
    {
        DateTimeOffset begin = current.Certificate.NotBefore.ToUniversalTime(), end = current.Certificate.NotAfter.ToUniversalTime();
        DateTimeOffset now = time.GetUtcNow();
        TimeSpan blind = RenewalDecisions.IsBlind(begin, now)
            ? RenewalDecisions.UntilBlind(time.GetElapsedTime(_startedAt), _gotAt is long got ? time.GetElapsedTime(got) : null)
            : Timeout.InfiniteTimeSpan;
        if (blind != TimeSpan.Zero && !RenewalDecisions.IsDue(begin, end, current.IsOfNewestAuthority, now))
        {
            TimeSpan wait = RenewalDecisions.Wait(begin, end, now);
            return blind > TimeSpan.Zero && blind < wait ? blind : wait;
        }

        EnrolmentAnswer answer = await client.RenewAsync(cancellation);
        Keep(answer);
        Log.Renewed(logger, identity.Current!.Certificate.NotAfter.ToUniversalTime());
        // Never in a circle, whatever the control plane issues.
        return TimeSpan.FromMinutes(1);
    }

    private void Keep(EnrolmentAnswer answer)
    {
        identity.Keep(answer.Certificate, answer.Trust);
        _gotAt = time.GetTimestamp();
    }
}
