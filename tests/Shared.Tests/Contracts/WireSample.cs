namespace MicroVm.Shared.Tests.Contracts;

/// <summary>One message of one kind with every field set.</summary>
/// <param name="Name">Name of its vector and of its contract.</param>
/// <param name="Value">The message.</param>
/// <param name="Encode">Encodes it.</param>
/// <param name="Decode">Decodes one.</param>
public sealed record WireSample(string Name, object Value, Func<object, byte[]> Encode, Func<ReadOnlyMemory<byte>, object> Decode)
{
    public byte[] Encoded => Encode(Value);

    public override string ToString() => Name;

    internal static WireSample Of<T>(string name, T value, Func<T, byte[]> encode, Func<ReadOnlyMemory<byte>, T> decode)
        where T : class => new(name, value, message => encode((T)message), bytes => decode(bytes));
}
