namespace MicroVm.Shared.Codecs.Cose;

/// <summary>What a signed message is for; part of what is signed, so that one kind never passes for another.</summary>
public enum SignedPurpose
{
    /// <summary>The payload of <c>down/desired</c>.</summary>
    Desired,

    /// <summary>The payload of <c>down/command</c>.</summary>
    Command,

    /// <summary>The manifest of an agent release; the audience is the architecture.</summary>
    AgentRelease,
}
