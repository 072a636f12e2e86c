using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Tests.Identity;

public sealed class IdentityTests
{
    /// <summary>What is in no name of any kind: separators and wildcards of MQTT, paths, controls, upper case, look-alikes.</summary>
    public static TheoryData<string> NeverNames =>
    [
        "", "+", "#", "a/b", "a+", "#a", "a#b", "$share", "$SYS", "/", "..", ".", "a.b", "a_b", "a b", " a", "a ", "a\0", "\0", "a\n", "A",
        "a\u00E4", "\u0430", "a\u200Db", "\uFF41", "a\u2010b", "a\u2212b", "\u0131d", "1\u0660", "a\u0301", "\uD83D\uDE00", "\uD800",
        new string('a', 65), new string('a', 100_000),
    ];

    [Theory]
    [MemberData(nameof(NeverNames))]
    [InlineData(null)]
    public void DeviceId_Malformed_IsRefused(string? text)
    {
        Assert.False(DeviceId.TryParse(text, out DeviceId id));
        Assert.Equal("", id.Value);
        FormatException refusal = Assert.Throws<FormatException>(() => DeviceId.Parse(text));
        Assert.InRange(refusal.Message.Length, 1, 200);
        Assert.DoesNotContain(refusal.Message, char.IsControl);
    }

    [Theory]
    [MemberData(nameof(NeverNames))]
    [InlineData(null)]
    [InlineData("-")]
    [InlineData("-a")]
    [InlineData("a-")]
    public void ResourceName_Malformed_IsRefused(string? text)
    {
        Assert.False(ResourceName.TryParse(text, out ResourceName name));
        Assert.Equal("", name.Value);
        FormatException refusal = Assert.Throws<FormatException>(() => ResourceName.Parse(text));
        Assert.InRange(refusal.Message.Length, 1, 250);
        Assert.DoesNotContain(refusal.Message, char.IsControl);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("-")]
    [InlineData("--a--")]
    [InlineData("edge-1")]
    public void DeviceId_WellFormed_IsItself(string text) => Assert.Equal(text, DeviceId.Parse(text).ToString());

    [Fact]
    public void DeviceId_OfLongestLength_IsItself() => Assert.Equal(DeviceId.MaxLength, DeviceId.Parse(new string('a', DeviceId.MaxLength)).Value.Length);

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("a-b")]
    [InlineData("a--b")]
    public void ResourceName_WellFormed_IsItself(string text) => Assert.Equal(text, ResourceName.Parse(text).ToString());

    [Fact]
    public void ResourceName_OfLongestLength_IsItself()
    {
        Assert.True(ResourceName.TryParse(new string('a', ResourceName.MaxLength), out _));
        Assert.False(ResourceName.TryParse(new string('a', ResourceName.MaxLength + 1), out _));
    }
}
