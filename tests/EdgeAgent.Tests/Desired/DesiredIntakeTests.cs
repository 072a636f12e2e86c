using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Desired;

public sealed class DesiredIntakeTests
{
    private readonly FailingStore _store = new(new MemoryStore());
    private readonly AgentCounters _counters = new();
    private readonly Refusals _refusals = new();

    [Fact]
    public void Offer_NewerDocument_IsDurableBeforeItIsActedOn()
    {
        DesiredIntake intake = Make();
        ulong? keptWhenActed = null;
        intake.Changed += (_, _) => keptWhenActed = _store.LoadDesired()?.Generation;

        Assert.Equal(IntakeResult.Accepted, intake.Offer(Specs.Envelope(Specs.State(3, Specs.Vm())).Encode()));

        Assert.Equal(3UL, keptWhenActed);
        Assert.Equal("web", intake.Current.Vms.Single().Name.Value);
        Assert.Equal(3UL, Make().Current.Generation);
    }

    [Fact]
    public void Load_KeptDocumentCannotBeRead_GoesOnWithTheStartedVmsUntilANewerOneComes()
    {
        _store.SaveDesired(new DesiredDocument(5, Digest.Of("?"u8), "?"u8.ToArray()));
        _store.SaveVm(new VmRecord { Spec = Specs.Vm() });

        DesiredIntake intake = Make();

        Assert.Equal((5UL, true), (intake.Current.Generation, intake.HeldDigest.IsEmpty));
        Assert.Equal(Specs.Vm().ContentDigest(), Assert.Single(intake.Current.Vms).ContentDigest());
        Assert.Equal(IntakeResult.RefusedGeneration, intake.Offer(Specs.Envelope(Specs.State(4)).Encode()));
        Assert.Equal(IntakeResult.Accepted, intake.Offer(Specs.Envelope(Specs.State(6, Specs.Vm("other"))).Encode()));
        Assert.Equal("other", Assert.Single(intake.Current.Vms).Name.Value);
    }

    [Fact]
    public void Offer_SameDocument_IsNoChange()
    {
        DesiredIntake intake = Make();
        byte[] payload = Specs.Envelope(Specs.State(3, Specs.Vm())).Encode();
        intake.Offer(payload);
        intake.Changed += (_, _) => Assert.Fail("nothing changed");

        Assert.Equal(IntakeResult.AlreadyHeld, intake.Offer(payload));
        Assert.Equal(0, _counters.RefusedGenerations.Value);
    }

    [Theory]
    [InlineData(2UL)]
    [InlineData(3UL)]
    public void Offer_OlderGenerationOrOtherDigest_IsRefusedAndCounted(ulong generation)
    {
        DesiredIntake intake = Make();
        intake.Offer(Specs.Envelope(Specs.State(3, Specs.Vm())).Encode());

        Assert.Equal(IntakeResult.RefusedGeneration, intake.Offer(Specs.Envelope(Specs.State(generation, Specs.Vm("other"))).Encode()));

        Assert.Equal(1, _counters.RefusedGenerations.Value);
        Assert.Equal("web", intake.Current.Vms.Single().Name.Value);
    }

    [Fact]
    public void Offer_DocumentWithAnotherDigest_IsRefused()
    {
        DesiredEnvelope envelope = Specs.Envelope(Specs.State(3)) with { Digest = Digest.Of([1]) };

        Assert.Equal(IntakeResult.RefusedFormat, Make().Offer(envelope.Encode()));
        Assert.Equal(1, _counters.RefusedDownlinks.Value);
    }

    [Fact]
    public void Offer_EnvelopeThatLiesAboutItsGeneration_IsRefused()
    {
        DesiredEnvelope envelope = Specs.Envelope(Specs.State(3)) with { Generation = 9 };

        Assert.Equal(IntakeResult.RefusedFormat, Make().Offer(envelope.Encode()));
        Assert.Null(_store.LoadDesired());
    }

    [Theory]
    [InlineData("")]
    [InlineData("ff")]
    [InlineData("a1001bffffffffffffffff")]
    [InlineData("9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f")]
    [InlineData("5b7fffffffffffffff00")]
    public void Offer_BadCbor_IsRefusedAndCounted(string hex)
    {
        Assert.Equal(IntakeResult.RefusedFormat, Make().Offer(Convert.FromHexString(hex)));
        Assert.Equal(1, _counters.RefusedDownlinks.Value);
    }

    [Fact]
    public void Offer_StoreIsBroken_IsNotActedOnAndMayComeAgain()
    {
        DesiredIntake intake = Make();
        byte[] payload = Specs.Envelope(Specs.State(3, Specs.Vm())).Encode();
        _store.Broken = true;

        Assert.Equal(IntakeResult.NotKept, intake.Offer(payload));
        Assert.Equal(0UL, intake.Current.Generation);
        _store.Broken = false;
        Assert.Equal(IntakeResult.Accepted, intake.Offer(payload));
        Assert.Equal(1, _counters.StoreFaults.Value);
    }

    [Fact]
    public void Offer_Abandoned_IsNotTaken()
    {
        DesiredIntake intake = Make();
        intake.Offer(Specs.Envelope(Specs.State(3, Specs.Vm())).Encode());
        intake.Abandon();

        Assert.Equal(IntakeResult.Abandoned, intake.Offer(Specs.Envelope(Specs.State(4, Specs.Vm())).Encode()));

        Assert.Empty(intake.Current.Vms);
        Assert.Equal(3UL, _store.LoadDesired()?.Generation);
    }

    [Fact]
    public void Between_States_NamesWhatCameWentOrChanged()
    {
        DesiredState before = Specs.State(1, Specs.Vm("gone"), Specs.Vm("kept"), Specs.Vm("other"));
        DesiredState after = Specs.State(2, Specs.Vm("kept"), Specs.Vm("new"), Specs.Vm("other", revision: 2));

        Assert.Equal(["gone", "new", "other"], DesiredChange.Between(before, after).Select(name => name.Value).Order());
    }

    private DesiredIntake Make() => new(_store, new TrustingVerifier(), _refusals, _counters, NullLogger.Instance);

    /// <summary>Takes every message for signed; who signed what is tested with the identity.</summary>
    private sealed class TrustingVerifier : IDesiredVerifier
    {
        public byte[] OpenDesired(ReadOnlyMemory<byte> message) => message.ToArray();
    }
}
