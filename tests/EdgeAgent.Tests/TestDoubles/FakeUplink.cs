using System.Threading.Channels;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>A control plane that takes what is published while it is up.</summary>
internal sealed class FakeUplink : IUplink
{
    private readonly Channel<(UplinkKind Kind, byte[] Payload)> _published = Channel.CreateUnbounded<(UplinkKind, byte[])>();

    private readonly TaskCompletionSource _lost = new();

    internal volatile bool Up = true;

    /// <summary>Something was not delivered.</summary>
    internal Task Lost => _lost.Task;

    internal int Waiting => _published.Reader.Count;

    /// <summary>Says which payloads the control plane cannot read.</summary>
    internal Func<byte[], bool> Refuses { get; set; } = _ => false;

    public Task<PublishOutcome> PublishAsync(UplinkKind kind, byte[] payload, CancellationToken cancellation) =>
        Task.FromResult(
            !Up ? Lose()
            : Refuses(payload) ? PublishOutcome.Refused
            : _published.Writer.TryWrite((kind, payload)) ? PublishOutcome.Delivered : PublishOutcome.NotDelivered);

    private PublishOutcome Lose()
    {
        _lost.TrySetResult();
        return PublishOutcome.NotDelivered;
    }

    internal async Task<byte[]> TakeAsync(UplinkKind kind)
    {
        (UplinkKind found, byte[] payload) = await Phase.Of($"publish {kind}", _published.Reader.ReadAsync().AsTask());
        Assert.Equal(kind, found);
        return payload;
    }
}
