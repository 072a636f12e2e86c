using CsCheck;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Planning;

/// <summary>What holds for all VMs of a device together: any that are desired, any that run, any memory.</summary>
public sealed class DevicePlanPropertyTests
{
    private const int Iterations = 1_000, Rounds = 12;

    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] s_names = ["a", "b", "c", "d", "e"];

    private static readonly Gen<VmSpec> s_spec = Gen.Select(Gen.Int[0, s_names.Length - 1], Gen.Int[1, 2], Gen.Int[-1, 1], Gen.Int[1, 4])
        .Select(static (name, revision, priority, memory) => Specs.Vm(s_names[name], revision) with { Priority = priority, MemoryMib = 64 * memory });

    private static readonly Gen<Dictionary<ResourceName, VmSpec>> s_specs = s_spec.Array[0, s_names.Length].Select(
        static specs => specs.DistinctBy(static spec => spec.Name).ToDictionary(static spec => spec.Name));

    [Fact]
    public void Plan_AnyDevice_RunsWhatFitsAndStopsNothingUnchangedButForMemory() => Gen.Select(s_specs, s_specs, Gen.Int[0, 1200]).Sample((desired, running, budget) =>
    {
        Dictionary<ResourceName, VmSpec> now = new(running);
        IReadOnlyDictionary<ResourceName, MemoryVerdict> verdicts = AdmissionDecisions.Decide([.. desired.Values.Select(spec => Demand(spec, running))], budget);
        int rounds = 0;
        while (Round(desired, now, budget, out List<PlanStep> done))
        {
            Assert.All(done.OfType<StopVmStep>(), stop => Assert.False(
                running.GetValueOrDefault(stop.Vm) is VmSpec was && desired.GetValueOrDefault(stop.Vm)?.ContentDigest() == was.ContentDigest() && verdicts[stop.Vm].Fits,
                $"{stop} of an unchanged VM that has its memory"));
            Assert.True(++rounds <= Rounds, "it does not come to rest");
        }

        Assert.True(now.Values.Sum(MemoryDemand.CostOf) <= budget || running.Values.Sum(MemoryDemand.CostOf) > budget, "more runs than there is memory for");
        Assert.All(now, one => Assert.True(desired.ContainsKey(one.Key), $"{one.Key} is not desired"));
        Assert.Equal(
            AdmissionDecisions.Decide([.. desired.Values.Select(spec => Demand(spec, now))], budget).Where(static one => one.Value.Fits).Select(static one => one.Key.Value).Order(),
            now.Where(one => one.Value.ContentDigest() == desired[one.Key].ContentDigest()).Select(static one => one.Key.Value).Order());
    }, iter: Iterations);

    private static MemoryDemand Demand(VmSpec spec, Dictionary<ResourceName, VmSpec> running) => new(
        spec.Name, spec.Priority, MemoryDemand.CostOf(spec),
        running.GetValueOrDefault(spec.Name) is VmSpec was && was.ContentDigest() != spec.ContentDigest() ? MemoryDemand.CostOf(was) : 0);

    /// <summary>Plans for every VM once, each by what is so then; false when nothing was done.</summary>
    private static bool Round(Dictionary<ResourceName, VmSpec> desired, Dictionary<ResourceName, VmSpec> running, int budget, out List<PlanStep> done)
    {
        done = [];
        foreach (ResourceName name in desired.Keys.Union(running.Keys).OrderBy(static name => name.Value, StringComparer.Ordinal).ToArray())
        {
            VmSpec? wanted = desired.GetValueOrDefault(name), was = running.GetValueOrDefault(name);
            VmObservation observed = new()
            {
                Record = was is null ? null : new VmRecord { Spec = was, Run = new VmRun(Guid.NewGuid(), 1, 1, "boot", 3, s_now) },
                ProcessAlive = was is not null,
                ImagePresent = true,
                Memory = wanted is null
                    ? MemoryVerdict.Fitting
                    : AdmissionDecisions.Decide([.. desired.Values.Select(spec => Demand(spec, running))], budget)[name],
                FreeMib = budget - running.Where(one => one.Key != name).Sum(static one => (long)MemoryDemand.CostOf(one.Value)),
            };
            foreach (PlanStep step in VmPlanner.Plan(wanted, observed, s_now).Steps)
            {
                if (step is StartVmStep start)
                {
                    running[name] = start.Spec;
                }
                else if (step is StopVmStep)
                {
                    running.Remove(name);
                }
                else
                {
                    continue;
                }

                done.Add(step);
            }
        }

        return done.Count > 0;
    }
}
