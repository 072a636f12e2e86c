namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>Why a connection's bytes are not read any further.</summary>
internal enum PacketFault
{
    /// <summary>Not at fault.</summary>
    None,

    /// <summary>A packet declares a length over the cap.</summary>
    Oversized,

    /// <summary>The first packet is not a CONNECT.</summary>
    NotConnect,

    /// <summary>A declared length has more than four bytes (MQTT 5 section 1.5.5).</summary>
    MalformedLength,
}
