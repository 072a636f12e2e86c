using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Grains.Devices;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Devices;

public sealed class DeviceDecisionsTests
{
    private static readonly ImmutableSortedDictionary<string, DeviceAssignment> s_none =
        ImmutableSortedDictionary<string, DeviceAssignment>.Empty;

    [Fact]
    public void Compose_NothingEverClaimed_StaysAtGenerationZero()
    {
        Composition result = Compose(DesiredDocument.Empty, s_none);

        Assert.Same(DesiredDocument.Empty, result.Document);
        Assert.Equal(0UL, result.Document.Generation);
    }

    [Fact]
    public void Compose_FirstClaim_RaisesTheGenerationAndOpensAsADocument()
    {
        Composition result = Compose(DesiredDocument.Empty, Claims(("hello", 1, 1, Samples.Workload())));

        DesiredState state = DesiredEnvelope.Decode(result.Document.Envelope()).Open();
        Assert.Equal(1UL, state.Generation);
        Assert.Equal(("hello", 1), (Assert.Single(state.Vms).Deployment.Value, state.Vms[0].Revision));
    }

    [Fact]
    public void Compose_SameClaims_KeepsTheVeryDocument()
    {
        DesiredDocument first = Compose(DesiredDocument.Empty, Claims(("hello", 1, 1, Samples.Workload()))).Document;

        Assert.Same(first, Compose(first, Claims(("hello", 1, 1, Samples.Workload()))).Document);
    }

    [Theory]
    [InlineData("revision")]
    [InlineData("memory")]
    [InlineData("argument")]
    [InlineData("another deployment")]
    [InlineData("none")]
    public void Compose_ChangedClaims_RaisesTheGenerationByOne(string change)
    {
        DesiredDocument first = Compose(DesiredDocument.Empty, Claims(("hello", 1, 1, Samples.Workload()))).Document;
        ImmutableSortedDictionary<string, DeviceAssignment> changed = change switch
        {
            "revision" => Claims(("hello", 1, 2, Samples.Workload())),
            "memory" => Claims(("hello", 1, 1, Samples.Workload(memoryMib: 256))),
            "argument" => Claims(("hello", 1, 1, Samples.Workload(argument: "/bin/other"))),
            "another deployment" => Claims(("hello", 1, 1, Samples.Workload()), ("web", 2, 1, Samples.Workload("web"))),
            _ => s_none,
        };

        DesiredDocument next = Compose(first, changed).Document;

        Assert.Equal(2UL, next.Generation);
        Assert.NotEqual(first.Digest, next.Digest);
    }

    [Fact]
    public void Compose_VmsOfSeveralDeployments_AreOrderedByName()
    {
        Composition result = Compose(
            DesiredDocument.Empty, Claims(("a", 1, 1, Samples.Workload("zulu")), ("b", 2, 1, Samples.Workload("alpha"))));

        Assert.Equal(["alpha", "zulu"], DesiredState.Decode(result.Document.Bytes).Vms.Select(vm => vm.Name.Value));
    }

    [Fact]
    public void Compose_TwoClaimsOfOnePort_TheOlderKeepsItAndTheOtherIsTold()
    {
        Composition result = Compose(DesiredDocument.Empty, Claims(
            ("a", 1, 1, Published("alpha", new PortMapping(80, 8080))),
            ("b", 2, 1, Published("beta", new PortMapping(81, 8080), new PortMapping(80, 80))),
            ("c", 3, 1, Published("gamma", new PortMapping(80, 80, TransportProtocol.Udp)))));

        Assert.Equal(["alpha", "gamma"], DesiredState.Decode(result.Document.Bytes).Vms.Select(vm => vm.Name.Value));
        Assert.Equal("PortConflict: port 80/tcp of the device is held by VM 'alpha' of deployment 'a'", Assert.Single(result.Refusals).Value);
    }

    [Fact]
    public void Compose_TwoClaimsOfOneVmName_TheOlderKeepsIt()
    {
        Composition result = Compose(
            DesiredDocument.Empty, Claims(("a", 2, 1, Samples.Workload("web")), ("b", 1, 1, Samples.Workload("web"))));

        Assert.Equal("b", Assert.Single(DesiredState.Decode(result.Document.Bytes).Vms).Deployment.Value);
        Assert.Equal("VM name 'web' is held on this device by deployment 'b'", Assert.Single(result.Refusals, pair => pair.Key == "a").Value);
    }

    [Fact]
    public void Compose_MoreThanADocumentHolds_RefusesWhatDoesNotFit()
    {
        string argument = new('x', 60_000);
        Composition result = Compose(
            DesiredDocument.Empty,
            Claims([.. Enumerable.Range(1, 20).Select(i => ($"d{i:00}", (long)i, 1, Samples.Workload($"vm{i:00}", argument: argument)))]));

        Assert.True(result.Document.Envelope().Length <= Shared.Codecs.Cbor.CborLimits.DocumentBytes);
        Assert.Equal(17, DesiredEnvelope.Decode(result.Document.Envelope()).Open().Vms.Count);
        Assert.Equal(["d18", "d19", "d20"], result.Refusals.Keys);
    }

    [Theory]
    [InlineData(0, false, "Older")]
    [InlineData(2, true, "Older")]
    [InlineData(3, true, "Same")]
    [InlineData(3, false, "Diverged")]
    [InlineData(4, true, "Newer")]
    public void Compare_HeldWithDesiredGenerationThree_GivesTheVerdict(ulong held, bool sameDigest, string expected)
    {
        DesiredDocument desired = new(3, [1, 2, 3]);
        Digest digest = sameDigest ? desired.Digest : Digest.Of("other"u8);

        Assert.Equal(expected, DeviceDecisions.Compare(desired, held, digest).ToString());
    }

    [Fact]
    public void Compare_BothNeverToldAnything_IsSame() =>
        Assert.Equal(HoldVerdict.Same, DeviceDecisions.Compare(DesiredDocument.Empty, 0, default));

    [Fact]
    public void MergeLabels_OperatorOverDevice_AndNamesOverBoth()
    {
        Hello hello = Samples.Hello("aarch64", new Dictionary<string, string>
        {
            ["site"] = "device",
            ["own"] = "1",
            ["arch"] = "liar",
            ["device"] = "liar",
            ["bad name"] = "1",
            ["bad-value"] = "line\nend",
        });

        ImmutableSortedDictionary<string, string> labels = DeviceDecisions.MergeLabels(
            "edge-1", hello, new Dictionary<string, string> { ["site"] = "operator" });

        Assert.Equal(
            new Dictionary<string, string> { ["arch"] = "aarch64", ["device"] = "edge-1", ["own"] = "1", ["site"] = "operator" },
            labels.ToDictionary());
    }

    [Theory]
    [InlineData(VmPhase.Running, "", "", "Running", "")]
    [InlineData(VmPhase.BackOff, "DigestMismatch", "expected a, found b", "BackOff", "DigestMismatch: expected a, found b")]
    [InlineData(VmPhase.Failed, "", "no memory", "Failed", "no memory")]
    [InlineData(VmPhase.Failed, "OverBudget", "", "Failed", "OverBudget")]
    public void Stand_ReportedVm_IsShown(VmPhase phase, string reason, string message, string expectedPhase, string expectedMessage)
    {
        DeviceStanding standing = DeviceDecisions.Stand(
            new DeviceStanding { Device = "edge-1" }, "hello", Claim(1, 3), null, Report(1, Samples.Status("hello", 2, phase, reason, message)));

        Assert.Equal((3, 2, expectedPhase, expectedMessage), (standing.AssignedRevision, standing.ReportedRevision, standing.Phase, standing.Message));
    }

    [Fact]
    public void Stand_NothingReported_IsPending()
    {
        DeviceStanding standing = DeviceDecisions.Stand(new DeviceStanding { Device = "edge-1" }, "hello", Claim(1, 3), null, null);

        Assert.Equal((3, 0, "Pending"), (standing.AssignedRevision, standing.ReportedRevision, standing.Phase));
    }

    [Theory]
    [InlineData(7, 3, 0, "Pending")]
    [InlineData(8, 3, 3, "Running")]
    [InlineData(7, 2, 2, "Running")]
    public void Stand_ReportFromBeforeTheClaim_DoesNotCountForItsRevision(
        ulong observed, int reportedRevision, int expectedRevision, string expectedPhase)
    {
        DeviceStanding standing = DeviceDecisions.Stand(
            new DeviceStanding { Device = "edge-1" },
            "hello",
            Claim(1, 3) with { Since = 8 },
            null,
            Report(observed, Samples.Status("hello", reportedRevision, VmPhase.Running)));

        Assert.Equal((expectedRevision, expectedPhase), (standing.ReportedRevision, standing.Phase));
    }

    [Fact]
    public void Date_ChangedClaims_HaveTheGenerationThatTellsTheDevice()
    {
        ImmutableSortedDictionary<string, DeviceAssignment> before = Claims(("a", 1, 1, Samples.Workload()), ("b", 2, 1, Samples.Workload("b")));

        ImmutableSortedDictionary<string, DeviceAssignment> after = DeviceDecisions.Date(before, before.SetItem("b", Claim(2, 2)), 5);

        Assert.Equal([("a", 0UL), ("b", 5UL)], after.Select(claim => (claim.Key, claim.Value.Since)));
    }

    [Fact]
    public void Stand_Refused_IsFailedInTheAssignedRevision()
    {
        DeviceStanding standing = DeviceDecisions.Stand(new DeviceStanding { Device = "edge-1" }, "hello", Claim(1, 3), "taken", null);

        Assert.Equal((3, "Failed", "taken"), (standing.ReportedRevision, standing.Phase, standing.Message));
    }

    [Fact]
    public void Concerned_Device_NamesThoseThatHaveItAndThoseThatShould()
    {
        DeploymentEntry[] deployments =
        [
            new("matches", "a", Samples.Selector(("ring", "1")), false),
            new("other", "b", Samples.Selector(("ring", "2")), false),
            new("deleting", "c", Samples.Selector(("ring", "1")), true),
        ];

        Assert.Equal(
            ["assigned", "matches"],
            DeviceDecisions.Concerned(new Dictionary<string, string> { ["ring"] = "1" }, ["assigned"], deployments));
    }

    [Theory]
    [InlineData("x86_64", "x86_64:amd")]
    [InlineData("aarch64", "aarch64:arm")]
    public void Compose_ImageOfSeveralPlatforms_GivesTheDeviceItsOwn(string architecture, string expected)
    {
        Composition result = Compose(DesiredDocument.Empty, Platforms("aarch64:arm", "x86_64:amd"), architecture);

        VmSpec vm = Assert.Single(DesiredState.Decode(result.Document.Bytes).Vms);
        Assert.Equal(expected, $"{vm.Image.Architecture}:{vm.Process.Arguments[0]}");
        Assert.Equal(Digest.Of(System.Text.Encoding.UTF8.GetBytes(architecture)), vm.Image.Digest);
        Assert.Empty(result.Refusals);
    }

    [Theory]
    [InlineData("aarch64", "x86_64:amd", "expected one for aarch64, which this device is, found one for x86_64")]
    [InlineData("riscv64", "aarch64:arm x86_64:amd", "expected one for riscv64, which this device is, found one for aarch64 and x86_64")]
    [InlineData("", "x86_64:amd", "the device has not said yet which architecture it has")]
    public void Compose_ImageWithoutTheDevicesPlatform_RefusesThatVmAlone(string architecture, string platforms, string reason)
    {
        ImmutableSortedDictionary<string, DeviceAssignment> claims =
            Platforms(platforms.Split(' ')).Add("other", new DeviceAssignment(9, new Assignment(1, Samples.Workload("other"))));

        Composition result = Compose(DesiredDocument.Empty, claims, architecture);

        Assert.Equal("other", Assert.Single(DesiredState.Decode(result.Document.Bytes).Vms).Name.Value);
        Assert.Equal(("hello", $"ImagePlatformMissing: image hello:1: {reason}"), (Assert.Single(result.Refusals).Key, result.Refusals["hello"]));
    }

    [Fact]
    public void Claim_OfAnImageWithoutTheDevicesPlatform_LeavesWhatRan()
    {
        Assignment first = Platforms("aarch64:arm", "x86_64:amd")["hello"].Assignment, second = Platforms("x86_64:amd2")["hello"].Assignment with { Revision = 2 };
        DeviceAssignment claim = DeviceDecisions.Claim(new DeviceAssignment(1, first), second, 7);
        claim = DeviceDecisions.Claim(claim, second with { Revision = 3 }, 8);

        Composition result = Compose(DesiredDocument.Empty, s_none.Add("hello", claim), "aarch64");

        VmSpec vm = Assert.Single(DesiredState.Decode(result.Document.Bytes).Vms);
        Assert.Equal((1, "arm"), (vm.Revision, vm.Process.Arguments[0]));
        Assert.StartsWith("ImagePlatformMissing", result.Refusals["hello"]);
        Assert.Same(first, DeviceDecisions.Settle(s_none.Add("hello", claim), result.Refusals)["hello"].Before);

        ImmutableSortedDictionary<string, DeviceAssignment> mended = s_none.Add("hello", DeviceDecisions.Claim(claim, first with { Revision = 4 }, 9));
        Composition after = Compose(result.Document, mended, "aarch64");
        Assert.Equal(4, Assert.Single(after.Document.State.Vms).Revision);
        Assert.Equal(1L, DeviceDecisions.Settle(mended, after.Refusals)["hello"].Order);
        Assert.Null(DeviceDecisions.Settle(mended, after.Refusals)["hello"].Before);
    }

    [Fact]
    public void Claim_OfAPortThatAnotherHas_LeavesBothAsTheyRan()
    {
        ImmutableSortedDictionary<string, DeviceAssignment> claims = Claims(
            ("a", 1, 1, Published("alpha", new PortMapping(80, 80))), ("b", 2, 1, Published("beta", new PortMapping(8080, 80))));
        DesiredDocument before = Compose(DesiredDocument.Empty, claims).Document;

        claims = claims.SetItem("a", DeviceDecisions.Claim(claims["a"], new Assignment(2, Published("alpha", new PortMapping(8080, 80))), 3));
        Composition result = Compose(before, claims);

        Assert.Equal([("alpha", 1, 80), ("beta", 1, 8080)], result.Document.State.Vms.Select(vm => (vm.Name.Value, vm.Revision, vm.Ports[0].HostPort)));
        Assert.StartsWith("PortConflict: port 8080/tcp", Assert.Single(result.Refusals, pair => pair.Key == "a").Value);
        Assert.Same(before, result.Document);
    }

    [Fact]
    public void Claim_OfASecretThatIsNotThere_LeavesWhatRanUntilItIs()
    {
        WorkloadSpec plain = Samples.Workload();
        WorkloadSpec secretive = plain with { Further = plain.ToVm("hello", 1) with { Secrets = [new SecretMount(ResourceName.Parse("password"), 1, "", "/run/password")] } };
        ImmutableSortedDictionary<string, DeviceAssignment> claims = Claims(("hello", 1, 1, plain));
        DesiredDocument before = Compose(DesiredDocument.Empty, claims).Document;
        claims = claims.SetItem("hello", DeviceDecisions.Claim(claims["hello"], new Assignment(2, secretive), 2));

        Composition without = Compose(before, claims);
        Composition with = DeviceDecisions.Compose(
            without.Document,
            new DeviceDesiredState
            {
                Assignments = DeviceDecisions.Settle(claims, without.Refusals),
                Secrets = ImmutableSortedDictionary.Create<string, KeptSecret>(StringComparer.Ordinal).Add("password", new KeptSecret(1, "key", [1, 2, 3])),
            },
            "x86_64");

        Assert.Same(before, without.Document);
        Assert.StartsWith(SecretDecisions.Missing, without.Refusals["hello"]);
        Assert.Equal((2, 1), (Assert.Single(with.Document.State.Vms).Revision, with.Document.State.Secrets.Count));
        Assert.Empty(with.Refusals);
    }

    [Fact]
    public void Compose_ClaimFromBeforePlatformsWereKept_IsForEveryDevice()
    {
        Composition x64 = Compose(DesiredDocument.Empty, Claims(("hello", 1, 1, Samples.Workload())));
        Composition arm = Compose(DesiredDocument.Empty, Claims(("hello", 1, 1, Samples.Workload())), "aarch64");

        Assert.Equal(x64.Document.Digest, arm.Document.Digest);
        Assert.Equal("", DesiredState.Decode(arm.Document.Bytes).Vms[0].Image.Architecture);
    }

    [Fact]
    public void Compose_Prefetch_IsInTheDocumentUnlessAVmHasIt()
    {
        Assignment other = new(2, Samples.Workload() with { ImageDigest = Digest.Of("other"u8).Value });
        Composition before = Compose(DesiredDocument.Empty, Claims(("hello", 1, 1, Samples.Workload())));

        Composition after = DeviceDecisions.Compose(
            before.Document,
            new DeviceDesiredState
            {
                Assignments = Claims(("hello", 1, 1, Samples.Workload())),
                Prefetches = ImmutableSortedDictionary<string, Assignment>.Empty.Add("hello", other).Add("same", new Assignment(2, Samples.Workload())),
            },
            "x86_64");

        DesiredState state = DesiredState.Decode(after.Document.Bytes);
        Assert.Equal((2UL, Digest.Of("other"u8)), (state.Generation, Assert.Single(state.Prefetch).Digest));
        Assert.Equal(DesiredState.Decode(before.Document.Bytes).Vms[0].ContentDigest(), state.Vms[0].ContentDigest());
    }

    [Fact]
    public void HasImage_AsTheDeviceSays()
    {
        Assignment assignment = new(2, Samples.Workload());
        Digest image = Digest.Parse(assignment.Workload.ImageDigest);

        Assert.False(DeviceDecisions.HasImage(assignment, "x86_64", null));
        Assert.False(DeviceDecisions.HasImage(assignment, "x86_64", Report(1)));
        Assert.True(DeviceDecisions.HasImage(assignment, "x86_64", Report(1) with { Prefetched = [image] }));
        Assert.True(DeviceDecisions.HasImage(assignment, "x86_64", Report(1, Samples.Status("x", 1, VmPhase.Running) with { ImageDigest = image })));
        Assert.False(DeviceDecisions.HasImage(assignment, "x86_64", Report(1, Samples.Status("x", 1, VmPhase.Fetching) with { ImageDigest = image })));
    }

    /// <summary>A claim whose image has these platforms, each <c>ARCHITECTURE:PROGRAM</c>.</summary>
    private static ImmutableSortedDictionary<string, DeviceAssignment> Platforms(params string[] platforms)
    {
        WorkloadSpec[] workloads = [.. platforms.Select(platform => platform.Split(':')).Select(parts => Samples.Workload(argument: parts[1]) with
        {
            Architecture = parts[0],
            ImageDigest = Digest.Of(System.Text.Encoding.UTF8.GetBytes(parts[0])).Value,
        })];
        return s_none.Add("hello", new DeviceAssignment(1, new Assignment(1, workloads[0]) { Variants = [.. workloads[1..]] }));
    }

    private static Composition Compose(
        DesiredDocument current, ImmutableSortedDictionary<string, DeviceAssignment> claims, string architecture = "x86_64") =>
        DeviceDecisions.Compose(current, new DeviceDesiredState { Assignments = claims }, architecture);

    private static ReportedState Report(ulong observed, params VmStatus[] vms) =>
        new(new UplinkHeader(Guid.NewGuid(), 1, 0), observed, vms);

    private static DeviceAssignment Claim(long order, int revision) => new(order, new Assignment(revision, Samples.Workload()));

    private static ImmutableSortedDictionary<string, DeviceAssignment> Claims(
        params (string Deployment, long Order, int Revision, WorkloadSpec Workload)[] claims) =>
        claims.ToImmutableSortedDictionary(c => c.Deployment, c => new DeviceAssignment(c.Order, new Assignment(c.Revision, c.Workload)));

    private static WorkloadSpec Published(string vm, params PortMapping[] ports)
    {
        WorkloadSpec workload = Samples.Workload(vm);
        return workload with { Further = workload.ToVm(vm, 1) with { Ports = ports } };
    }
}
