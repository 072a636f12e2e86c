using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Desired;

/// <summary>
/// Holds the device's desired state. A document is verified, then made durable, then acted on, in that order; one that is
/// older than the held one is refused, so that a control plane restored from a backup cannot downgrade a device.
/// </summary>
internal sealed class DesiredIntake
{
    private readonly IAgentStore _store;
    private readonly IDesiredVerifier _verifier;
    private readonly Refusals _refusals;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private volatile HeldState _held;
    private volatile bool _isAbandoned;

    /// <summary>Loads what the device held before.</summary>
    /// <exception cref="StoreException">The store cannot say it.</exception>
    internal DesiredIntake(IAgentStore store, IDesiredVerifier verifier, Refusals refusals, AgentCounters counters, ILogger logger)
    {
        _store = store;
        _verifier = verifier;
        _refusals = refusals;
        _counters = counters;
        _logger = logger;
        _held = Load(store);
    }

    /// <summary>Raised after a document was accepted, with the state before and the one now.</summary>
    internal event Action<DesiredState, DesiredState>? Changed;

    /// <summary>The state that is held; empty before the first.</summary>
    internal DesiredState Current => _held.State;

    /// <summary>Digest of the held document; empty before the first, and when the kept one cannot be read.</summary>
    internal Digest HeldDigest => _held.Digest;

    /// <summary>True when the device is being wiped: nothing is desired, nothing is taken, and nobody holds it as it is.</summary>
    internal bool IsAbandoned => _isAbandoned;

    /// <summary>Takes the payload of a <c>down/desired</c>. Never throws for what is in it.</summary>
    internal IntakeResult Offer(ReadOnlyMemory<byte> payload)
    {
        lock (_lock)
        {
            if (_isAbandoned)
            {
                return IntakeResult.Abandoned;
            }

            try
            {
                DesiredEnvelope envelope = DesiredEnvelope.Decode(_verifier.OpenDesired(payload));
                IntakeResult result = Judge(envelope) ?? Accept(envelope, envelope.Open());
                if (result is IntakeResult.Accepted or IntakeResult.AlreadyHeld)
                {
                    _refusals.Clear();
                }

                return result;
            }
            catch (SignatureException e)
            {
                _counters.RefusedSignatures.Increment();
                _refusals.Set($"desired state: {e.Message}");
                Log.RefusedSignature(_logger, e.Message);
                return IntakeResult.RefusedSignature;
            }
            catch (WireFormatException e)
            {
                _counters.RefusedDownlinks.Increment();
                _refusals.Set(e.Message);
                Log.RefusedDownlink(_logger, "desired", e.Message);
                return IntakeResult.RefusedFormat;
            }
        }
    }

    /// <summary>Verifies a payload and says what <see cref="Offer"/> would make of it, and makes nothing of it.</summary>
    /// <exception cref="SignatureException">It is not signed by a trusted key for this device.</exception>
    /// <exception cref="WireFormatException">It is not a valid document.</exception>
    internal (DesiredState State, IntakeResult Verdict) Inspect(ReadOnlyMemory<byte> payload)
    {
        DesiredEnvelope envelope = DesiredEnvelope.Decode(_verifier.OpenDesired(payload));
        return (envelope.Open(), VerdictOf(envelope, _held) ?? IntakeResult.Accepted);
    }

    /// <summary>Holds nothing from now on, without a word to the disk: the device is being wiped, and its VMs are to stop.</summary>
    internal void Abandon()
    {
        lock (_lock)
        {
            DesiredState before = _held.State;
            _isAbandoned = true;
            _held = new HeldState(DesiredState.Empty, default);
            Changed?.Invoke(before, DesiredState.Empty);
        }
    }

    /// <summary>
    /// What the device held. A kept document that cannot be read, as after a fall back to an older agent, is not a reason to
    /// stay away: the VMs that were started go on as they are, and the empty digest tells the control plane that it differs.
    /// </summary>
    private HeldState Load(IAgentStore store)
    {
        if (store.LoadDesired() is not DesiredDocument document)
        {
            return new HeldState(DesiredState.Empty, default);
        }

        try
        {
            return new HeldState(new DesiredEnvelope(document.Generation, document.Digest, document.Bytes).Open(), document.Digest);
        }
        catch (WireFormatException e)
        {
            _counters.StoreFaults.Increment();
            Log.KeptDesiredUnreadable(_logger, document.Generation, e.Message);
            IReadOnlyList<VmSpec> started = [.. store.LoadVms().Select(record => record.Spec)];
            return new HeldState(new DesiredState(document.Generation, started, new AgentSettings()), default);
        }
    }

    /// <summary>A verdict from generation and digest alone; null when the document has to be opened.</summary>
    private static IntakeResult? VerdictOf(DesiredEnvelope envelope, HeldState held)
    {
        ulong generation = held.State.Generation;
        if (envelope.Generation > generation || (held.Digest.IsEmpty && generation == 0))
        {
            return null;
        }

        return envelope.Generation == generation && envelope.Digest == held.Digest ? IntakeResult.AlreadyHeld : IntakeResult.RefusedGeneration;
    }

    /// <summary>The verdict, noted when it is a refusal.</summary>
    private IntakeResult? Judge(DesiredEnvelope envelope)
    {
        HeldState held = _held;
        ulong generation = held.State.Generation;
        if (VerdictOf(envelope, held) is not IntakeResult.RefusedGeneration)
        {
            return VerdictOf(envelope, held);
        }

        _counters.RefusedGenerations.Increment();
        _refusals.Set(envelope.Generation == generation
            ? $"generation {generation} with other content than the held one"
            : $"generation {envelope.Generation}, because {generation} is held");
        if (envelope.Generation == generation)
        {
            Log.RefusedOtherDigest(_logger, generation, envelope.Digest.Value, held.Digest.Value);
        }
        else
        {
            Log.RefusedGeneration(_logger, envelope.Generation, generation);
        }

        return IntakeResult.RefusedGeneration;
    }

    private IntakeResult Accept(DesiredEnvelope envelope, DesiredState state)
    {
        try
        {
            _store.SaveDesired(new DesiredDocument(envelope.Generation, envelope.Digest, envelope.Document));
        }
        catch (StoreException e)
        {
            _counters.StoreFaults.Increment();
            Log.DesiredNotKept(_logger, envelope.Generation, e.Message);
            return IntakeResult.NotKept;
        }

        DesiredState before = _held.State;
        _held = new HeldState(state, envelope.Digest);
        Log.AcceptedDesired(_logger, state.Generation, envelope.Digest.Value, state.Vms.Count);
        Changed?.Invoke(before, state);
        return IntakeResult.Accepted;
    }
}
