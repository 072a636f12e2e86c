using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Grains.Devices;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Secrets;

public sealed class SecretDecisionsTests
{
    private static readonly KeptSecret s_first = new(1, "key", [1]);

    [Theory]
    [InlineData(null, 1, "key", true)]
    [InlineData(1, 1, "key", false)]
    [InlineData(1, 2, "key", true)]
    [InlineData(1, 1, "other", true)]
    [InlineData(1, null, "key", false)]
    [InlineData(null, null, "key", false)]
    public void Secret_IsSealedAnew_WhenItsVersionOrTheKeyIsAnother(int? kept, int? version, string key, bool stale) =>
        Assert.Equal(stale, SecretDecisions.IsStale(kept is int known ? s_first with { Version = known } : null, version, key));

    [Fact]
    public void Compose_Secret_IsInTheDocumentAndItsVersionInTheVm()
    {
        DesiredState state = Open(Compose(DesiredDocument.Empty, ("password", s_first)));

        Assert.Equal(("password", 1), (Assert.Single(state.Secrets).Name.Value, state.Secrets[0].Version));
        Assert.Equal([1], state.Secrets[0].Sealed);
        Assert.Equal([("password", 1), ("password", 1)], state.Vms[0].Secrets.Select(mount => (mount.Secret.Value, mount.Version)));
        Assert.Empty(state.Vms[1].Secrets);
    }

    [Fact]
    public void Compose_NewVersion_ChangesOnlyTheVmThatUsesIt()
    {
        Composition before = Compose(DesiredDocument.Empty, ("password", s_first));

        Composition after = Compose(before.Document, ("password", new KeptSecret(2, "key", [2])));

        Assert.Equal(2UL, after.Document.Generation);
        Assert.NotEqual(Open(before).Vms[0].ContentDigest(), Open(after).Vms[0].ContentDigest());
        Assert.Equal(Open(before).Vms[1].ContentDigest(), Open(after).Vms[1].ContentDigest());
    }

    [Fact]
    public void Compose_SealedToAnotherKey_ChangesNoVm()
    {
        Composition before = Compose(DesiredDocument.Empty, ("password", s_first));

        Composition after = Compose(before.Document, ("password", new KeptSecret(1, "other", [2])));

        Assert.Equal(2UL, after.Document.Generation);
        Assert.Equal(Open(before).Vms.Select(vm => vm.ContentDigest()), Open(after).Vms.Select(vm => vm.ContentDigest()));
        Assert.Equal([2], Assert.Single(Open(after).Secrets).Sealed);
    }

    [Fact]
    public void Compose_KeptSecret_IsTheVeryDocument()
    {
        Composition first = Compose(DesiredDocument.Empty, ("password", s_first));

        Assert.Same(first.Document, Compose(first.Document, ("password", s_first)).Document);
    }

    [Fact]
    public void Compose_SecretThatIsNotThere_LeavesTheVmOutAndSaysWhy()
    {
        Composition result = Compose(DesiredDocument.Empty);

        Assert.Equal("other", Assert.Single(Open(result).Vms).Name.Value);
        Assert.StartsWith("SecretMissing: secret 'password'", Assert.Single(result.Refusals, pair => pair.Key == "uses").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Kept_WhatNothingNeeds_IsLetGo()
    {
        var kept = ImmutableSortedDictionary<string, KeptSecret>.Empty.Add("a", s_first).Add("b", s_first);

        Assert.Equal(["b", "c"], SecretDecisions.Keep(kept, ["b", "c"], [KeyValuePair.Create("c", s_first)]).Keys);
    }

    private static DesiredState Open(Composition composition) => DesiredState.Decode(composition.Document.Bytes);

    /// <summary>VM "apple" uses the secret twice, VM "other" uses none.</summary>
    private static Composition Compose(DesiredDocument current, params (string Name, KeptSecret Secret)[] secrets)
    {
        ResourceName name = ResourceName.Parse("password");
        WorkloadSpec uses = Samples.Workload("apple");
        uses = uses with { Further = uses.ToVm("uses", 1) with { Secrets = [new SecretMount(name, 1, "PASSWORD", ""), new SecretMount(name, 1, "", "/run/password")] } };
        return DeviceDecisions.Compose(
            current,
            new DeviceDesiredState
            {
                Assignments = ImmutableSortedDictionary<string, DeviceAssignment>.Empty
                    .Add("uses", new DeviceAssignment(1, new Assignment(1, uses)))
                    .Add("plain", new DeviceAssignment(2, new Assignment(1, Samples.Workload("other")))),
                Secrets = secrets.ToImmutableSortedDictionary(pair => pair.Name, pair => pair.Secret),
            },
            "x86_64");
    }
}
