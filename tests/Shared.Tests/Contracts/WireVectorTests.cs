using MicroVm.Shared.Contracts.Guest;

namespace MicroVm.Shared.Tests.Contracts;

/// <summary>
/// The checked-in bytes of every message. A change that breaks one breaks devices in the field: it needs a new version and
/// new vectors beside these.
/// </summary>
public sealed class WireVectorTests
{
    private const int LineDigits = 64;

    private static string Directory => RepositoryFiles.Path("tests", "Fixtures", "wire", "v1");

    public static TheoryData<string> Names => WireSamples.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_Encoded_IsTheVector(string name) =>
        RepositoryFiles.AssertHolds(Path.Combine(Directory, name + ".hex"), Text(WireSamples.Named(name).Encoded));

    [Theory]
    [MemberData(nameof(Names))]
    public void Vector_Decoded_IsTheMessage(string name)
    {
        WireSample sample = WireSamples.Named(name);
        byte[] vector = Convert.FromHexString(string.Concat(File.ReadAllLines(Path.Combine(Directory, name + ".hex"))));

        object decoded = sample.Decode(vector);

        Assert.IsType(sample.Value.GetType(), decoded);
        Assert.Equivalent(sample.Value, decoded, strict: true);
        Assert.Equal(vector, sample.Encode(decoded));
    }

    [Fact]
    public void EveryVector_HasAMessage() => Assert.Equal(
        WireSamples.All.Select(static sample => sample.Name).Order(StringComparer.Ordinal),
        System.IO.Directory.EnumerateFiles(Directory).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    [Fact]
    public void EveryGuestMessage_HasAVector() => Assert.Equal(
        typeof(GuestMessage).Assembly.GetTypes().Where(static type => type.BaseType == typeof(GuestMessage)).ToHashSet(),
        WireSamples.All.Select(static sample => sample.Value.GetType()).Where(static type => type.BaseType == typeof(GuestMessage)).ToHashSet());

    private static string Text(byte[] encoded) =>
        string.Concat(Convert.ToHexStringLower(encoded).Chunk(LineDigits).Select(static line => new string(line) + "\n"));
}
