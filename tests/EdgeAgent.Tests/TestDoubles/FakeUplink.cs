using System.Threading.Channels;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>A control plane that takes what is published while it is up.</summary>
internal sealed class FakeUplink : IUplink
{
    private readonly Channel<(UplinkKind Kind, byte[] Payload)> _published = Channel.CreateUnbounded<(UplinkKind, byte[])>();

    internal volatile bool Up = true;

    internal int Waiting => _published.Reader.Count;

    public Task<bool> TryPublishAsync(UplinkKind kind, byte[] payload, CancellationToken cancellation) =>
        Task.FromResult(Up && _published.Writer.TryWrite((kind, payload)));

    internal async Task<byte[]> TakeAsync(UplinkKind kind)
    {
        (UplinkKind found, byte[] payload) = await Phase.Of($"publish {kind}", _published.Reader.ReadAsync().AsTask());
        Assert.Equal(kind, found);
        return payload;
    }
}
