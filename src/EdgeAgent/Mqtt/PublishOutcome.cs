namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>What became of a published payload.</summary>
internal enum PublishOutcome
{
    /// <summary>The gateway has it.</summary>
    Delivered,

    /// <summary>There is no connection, it broke, or the gateway could not take it now: worth another try.</summary>
    NotDelivered,

    /// <summary>The gateway cannot read it (MQTT 5 reason code 0x99, payload format invalid): the same bytes will never be taken.</summary>
    Refused,
}
