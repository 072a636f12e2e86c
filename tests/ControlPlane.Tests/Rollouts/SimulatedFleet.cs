using System.Text.Json;
using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.ControlPlane.Grains.Rollouts;

namespace MicroVm.ControlPlane.Tests.Rollouts;

/// <summary>
/// A fleet in memory that a rollout's decisions are carried out on, second by second. It can be killed between any two
/// things that become durable: then what was kept is read again from JSON and the rest never happened.
/// </summary>
internal sealed class SimulatedFleet
{
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly Random _random;

    public SimulatedFleet(int seed, RolloutStrategy? strategy, RolloutState state)
    {
        _random = new Random(seed);
        Strategy = strategy;
        State = state;
    }

    public DateTimeOffset Now { get; private set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public RolloutStrategy? Strategy { get; set; }

    public RolloutState State { get; set; }

    public RolloutCounts Counts { get; private set; }

    /// <summary>Chance in a thousand that the process is killed at each point where it can be.</summary>
    public int KillPermille { get; init; }

    /// <summary>Everything that was told, in order.</summary>
    public List<(DateTimeOffset At, string Device, int Revision)> Told { get; } = [];

    public IReadOnlyCollection<Member> Members => _members.Values;

    public Member Add(string device, int assigned = 1, bool online = true)
    {
        Member member = new(device) { Assigned = assigned, Reported = assigned, Online = online, IsReady = assigned > 0 };
        _members.Add(device, member);
        return member;
    }

    public Member this[string device] => _members[device];

    /// <summary>Goes on until the rollout stands still or the seconds are over.</summary>
    public void Run(int seconds, Func<bool>? until = null, int step = 1)
    {
        for (int i = 0; i < seconds && !(until?.Invoke() ?? IsOver); i += step)
        {
            Now += TimeSpan.FromSeconds(step);
            foreach (Member member in _members.Values)
            {
                member.Live(this);
            }

            Decide();
        }
    }

    public bool IsOver => State.Phase is RolloutPhase.Complete or RolloutPhase.RolledBack || State.IsPaused;

    public void Apply(RolloutVerb verb, int previous = 0)
    {
        State = VerbDecisions.Apply(State, Strategy, verb, previous, Now, out string refusal);
        Assert.Equal("", refusal);
    }

    /// <summary>One look at the rollout with everything that follows from it.</summary>
    public RolloutDecision Decide()
    {
        RolloutDecision decision = RolloutDecisions.Next(State, Strategy, Devices(), Now);
        Counts = decision.Counts;
        if (IsKilled())
        {
            Reload();
            return decision;
        }

        State = decision.State;
        CheckUnavailable(decision);
        foreach (RolloutOrder order in decision.Orders)
        {
            if (IsKilled())
            {
                Reload();
                return decision;
            }

            Member member = _members[order.Device];
            member.Admission = order.Admission;
            if (order.Prefetch is bool prefetch && order.Revision == 0)
            {
                member.Prefetching = prefetch ? State.Revision : 0;
            }

            if (order.Revision > 0 && !IsKilled())
            {
                member.Assigned = order.Revision;
                member.Prefetching = 0;
                member.ToldAt = Now;
                Told.Add((Now, order.Device, order.Revision));
            }
        }

        return decision;
    }

    /// <summary>Everything durable goes through JSON, as storage does it.</summary>
    public void Reload()
    {
        State = JsonSerializer.Deserialize<RolloutState>(JsonSerializer.Serialize(State))!;
        foreach (Member member in _members.Values)
        {
            member.Admission = JsonSerializer.Deserialize<Admission?>(JsonSerializer.Serialize(member.Admission));
        }
    }

    public IReadOnlyList<RolloutDevice> Devices() => [.. _members.Values.Select(member => new RolloutDevice
    {
        Device = member.Device,
        Order = WaveDecisions.Order(member.Device, State.Revision),
        IsOnline = member.Online,
        Assigned = member.Assigned,
        Reported = member.Reported,
        IsReady = member.IsReady,
        HasFailed = member.HasFailed,
        Restarts = member.Restarts,
        Message = member.HasFailed ? "bad image" : "",
        IsCanary = member.IsCanary,
        Zone = member.Zone,
        Prefetching = member.Prefetching,
        HasImage = member.HasImage,
        Admission = member.Admission,
    })];

    /// <summary>
    /// Whoever is let in is let in when there is room: with those that are let in now no more are on their way than may be.
    /// </summary>
    private void CheckUnavailable(RolloutDecision decision)
    {
        int admitted = decision.Orders.Count(order => order.Admission?.Attempt == decision.State.Attempt && order.Admission.At == Now);
        if (admitted > 0 && Strategy is not null)
        {
            Assert.InRange(decision.Counts.OnTheirWay, 0, Strategy.MaxUnavailable.Of(_members.Count));
        }
    }

    private bool IsKilled() => KillPermille > 0 && _random.Next(1000) < KillPermille;

    /// <summary>One device: takes what it is told after a while, and the revision does what it does.</summary>
    internal sealed class Member(string device)
    {
        public string Device { get; } = device;

        public bool Online { get; set; }

        public int Assigned { get; set; }

        public int Reported { get; set; }

        public bool IsReady { get; set; }

        public bool HasFailed { get; set; }

        public int Restarts { get; set; }

        public bool IsCanary { get; set; }

        public int Prefetching { get; set; }

        public bool HasImage { get; set; }

        public string Zone { get; set; } = "";

        public Admission? Admission { get; set; }

        public DateTimeOffset ToldAt { get; set; }

        /// <summary>Seconds between being told and being ready.</summary>
        public int Seconds { get; set; } = 3;

        /// <summary>What becomes of revisions; true is good.</summary>
        public Func<int, bool> IsGood { get; set; } = _ => true;

        /// <summary>Whether it is connected at a time; null for always as it is.</summary>
        public Func<DateTimeOffset, bool>? Presence { get; set; }

        public void Live(SimulatedFleet fleet)
        {
            Online = Presence?.Invoke(fleet.Now) ?? Online;
            if (!Online || Assigned == 0 || (Reported == Assigned && (IsReady || HasFailed)) || fleet.Now - ToldAt < TimeSpan.FromSeconds(Seconds))
            {
                return;
            }

            Reported = Assigned;
            (IsReady, HasFailed, Restarts) = (IsGood(Assigned), !IsGood(Assigned), 0);
        }
    }
}
